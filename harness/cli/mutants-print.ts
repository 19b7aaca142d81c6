import { paintFor, type Terminal } from '../report/console.ts'
import type { Leg, LegOutcome } from '../run/mutant-legs.ts'
import type { MutantResult, MutantsResult, Outcomes } from '../run/mutant-result.ts'
import { verdictOf } from '../run/mutant-result.ts'
import type { MutantsEvent } from '../run/mutants.ts'
import { textTable } from './text-table.ts'

type Paint = ReturnType<typeof paintFor>

const legs: readonly Leg[] = ['lint', 'audit', 'fuzz']

/** The document of `watertight mutants --json`; `docs/json.md` holds its schema. */
export function mutantsJson({ mutants, clean, baselines }: MutantsResult, verdict: string): string {
  const document = {
    verdict,
    mutants: mutants.map((mutant) => ({
      id: mutant.id,
      area: mutant.area,
      class: mutant.class,
      title: mutant.title,
      knockOut: mutant.knockOut,
      killed: mutant.killed,
      killers: killers(mutant.outcomes),
      requests: mutant.requests,
      seconds: mutant.seconds,
      twinAlive: mutant.twinAlive,
      twinKillers: mutant.twin === null ? null : killers(mutant.twin),
      unmet: mutant.unmet,
      problems: problems(mutant.outcomes),
    })),
    clean,
    baselines: baselines.map(({ knockOut, killed, outcomes }) => ({
      knockOut,
      killed,
      killers: killers(outcomes),
      problems: problems(outcomes),
    })),
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

/** Rules, checks and oracles that accused, per leg. */
function killers(outcomes: Outcomes): Record<Leg, string[]> {
  const of = (outcome: LegOutcome) =>
    outcome.kind === 'killed' ? [...new Set(outcome.findings.map(({ by }) => by))].sort() : []
  return { lint: of(outcomes.lint), audit: of(outcomes.audit), fuzz: of(outcomes.fuzz) }
}

/** Why a leg could not tell. */
function problems(outcomes: Outcomes): { leg: Leg; code: string; message: string }[] {
  return legs.flatMap((leg) => {
    const outcome = outcomes[leg]
    if (outcome.kind === 'error') return [{ leg, code: outcome.code, message: outcome.reason }]
    if (outcome.kind === 'uncovered') return [{ leg, code: 'uncovered', message: outcome.reason }]
    return []
  })
}

/** Prints each variant as it is done, and the kill matrix at the end. */
export function mutantPrinter(terminal: Terminal): (event: MutantsEvent) => void {
  const paint = paintFor(terminal)
  const line = (text = '') => terminal.write(`${text}\n`)
  return (event) => {
    switch (event.type) {
      case 'mutants-started':
        return line(`${event.mutants} mutants, ${event.baselines} variants of the clean service`)
      case 'baseline':
        return line(
          `  clean${event.result.knockOut.map((id) => ` without ${id}`).join('')}: ${words(event.result.outcomes, paint)}`,
        )
      case 'mutant':
        return line(`  ${event.result.id}: ${words(event.result.outcomes, paint)}`)
      case 'mutants-ended':
        for (const text of matrixLines(event.result, paint)) line(text)
    }
  }
}

function words(outcomes: Outcomes, paint: Paint): string {
  return legs.map((leg) => `${leg} ${cell(outcomes[leg], paint)}`).join('  ')
}

function cell(outcome: LegOutcome, paint: Paint): string {
  switch (outcome.kind) {
    case 'killed':
      return paint.red(`killed by ${[...new Set(outcome.findings.map(({ by }) => by))].join(', ')}`)
    case 'survived':
      return 'alive'
    case 'uncovered':
      return paint.yellow('not covered')
    case 'error':
      return paint.yellow(outcome.code)
    case 'skipped':
      return paint.dim('-')
  }
}

function matrixLines(result: MutantsResult, paint: Paint): string[] {
  const mark = (killed: boolean | null) =>
    killed === null ? paint.dim('·') : killed ? paint.green('✗') : paint.dim('alive')
  const rows = result.mutants.map((mutant) => [
    mutant.id,
    mutant.area,
    mutant.knockOut.join('+'),
    ...legs.map((leg) => mark(mutant.killed[leg])),
    mutant.requests === null ? '' : String(mutant.requests),
    mutant.seconds === null ? '' : mutant.seconds.toFixed(1),
    twinWord(mutant, paint),
  ])
  const killed = result.mutants.filter((mutant) => legs.some((leg) => mutant.killed[leg] === true)).length
  const twins = result.mutants.filter(({ twin }) => twin !== null)
  const verdict = verdictOf(result)
  const color = { clean: paint.green, finding: paint.red, inconclusive: paint.yellow }[verdict]
  return [
    '',
    ...textTable([
      ['mutant', 'area', 'without', ...legs, 'requests', 'seconds', 'twin'].map((text) => paint.bold(text)),
      ...rows,
    ]),
    '',
    `clean service: ${legs.map((leg) => `${leg} ${result.clean[leg] === null ? 'not told' : result.clean[leg] ? paint.red('accused') : 'silent'}`).join(', ')}`,
    ...result.mutants.flatMap((mutant) => doubts(mutant, paint)),
    color.bold(
      `${killed} of ${result.mutants.length} mutants killed, ` +
        `${twins.filter(({ twinAlive }) => twinAlive === true).length} of ${twins.length} twins alive: ${verdict}`,
    ),
  ]
}

function twinWord({ twin, twinAlive }: MutantResult, paint: Paint): string {
  if (twin === null) return ''
  return twinAlive === null ? paint.yellow('not told') : twinAlive ? 'alive' : paint.red('killed')
}

function doubts(mutant: MutantResult, paint: Paint): string[] {
  return [
    ...problems(mutant.outcomes).map(({ leg, code, message }) =>
      paint.yellow(`${mutant.id}, ${leg}: ${code}: ${message}`),
    ),
    ...mutant.unmet.map(({ leg, by }) =>
      paint.yellow(`${mutant.id}: claims to be killed by ${by} (${leg}), which did not accuse it`),
    ),
  ]
}
