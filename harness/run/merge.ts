import { readFile } from 'node:fs/promises'
import { Problem } from '../../rules/problem.ts'
import { reachFault, upperBound } from './conclusion.ts'
import { isCampaignEvent } from './event-shape.ts'
import { notReached } from './coverage.ts'
import type { CampaignEvent, CampaignSummary, CampaignVerdict, Cell, Coverage, Finding } from './events.ts'

/**
 * Merges the NDJSON event files of shards into one summary. The verdict is the worst of the shards; a file that lacks its
 * `campaign-ended` counts as inconclusive.
 *
 * @throws Problem E-EVENTS when a file cannot be read, holds no events, or belongs to another campaign
 * @public
 */
export async function mergeEvents(files: readonly string[]): Promise<CampaignSummary> {
  if (files.length === 0) {
    throw new Problem('E-EVENTS', 'There is nothing to merge.', 'Give the NDJSON files of the shards.')
  }
  const shards = await Promise.all(files.map(readShard))
  refuseMixture(shards)
  const summaries = shards.map(({ summary }) => summary)
  const [first] = summaries
  const sum = (pick: (summary: CampaignSummary) => number): number =>
    summaries.reduce((total, summary) => total + pick(summary), 0)
  const absent = missingShards(shards)
  const coverage = mergeCoverage(summaries.map((summary) => summary.coverage))
  const gap = unreached(coverage)
  const problem =
    summaries.find((summary) => summary.verdict === 'inconclusive')?.problem ??
    absent ??
    summaries.find((summary) => summary.verdict === 'uncovered')?.problem ??
    gap
  const findings = mergeFindings(summaries.flatMap((summary) => summary.findings))
  const verdict = worst([
    ...summaries.map((summary) => summary.verdict),
    ...(absent === null ? [] : ['inconclusive' as const]),
    ...(gap === null ? [] : ['uncovered' as const]),
  ])
  const trials = sum((summary) => summary.trials)
  const seconds = Math.max(...summaries.map((summary) => summary.seconds))
  const requests = sum((summary) => summary.requests)
  return {
    verdict,
    mode: first!.mode,
    seed: first!.seed,
    trials,
    requests,
    seconds,
    requestsPerSecond: seconds === 0 ? 0 : requests / seconds,
    findings,
    coverage,
    claim: verdict === 'clean' ? mergedClaim(first!.mode, trials, shards.length) : null,
    problem,
  }
}

/** No shard saw all cells, so that only all of them together can have seen too few. */
function unreached({ matrix }: Coverage): CampaignSummary['problem'] {
  if (matrix === undefined) return null
  const exercised = matrix.filter(({ gap }) => gap === null).length
  const cells = exercised + matrix.filter(({ gap }) => gap === notReached).length
  const fault = reachFault({ cells, exercised }, { done: 0, essential: 0 })
  return fault === null ? null : { code: 'uncovered', message: `Not enough coverage: ${fault}.` }
}

interface Shard {
  readonly file: string
  readonly target: string | null
  readonly shard: { readonly index: number; readonly of: number } | null
  readonly summary: CampaignSummary
}

async function readShard(file: string): Promise<Shard> {
  const refuse = (reason: string, cause?: unknown): Problem =>
    new Problem(
      'E-EVENTS',
      `${file} holds no campaign: ${reason}.`,
      'Give a file that --report ndjson=FILE wrote.',
      { cause },
    )
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    throw refuse('it cannot be read', cause)
  }
  const events = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line, index): CampaignEvent => {
      const event = parse(line, (cause) => refuse(`line ${index + 1} is no JSON`, cause))
      if (isCampaignEvent(event)) return event
      throw refuse(`line ${index + 1} is no event of a campaign`)
    })
  const started = events.find((event) => event.type === 'campaign-started')
  const ended = events.findLast((event) => event.type === 'campaign-ended')
  if (started === undefined && ended === undefined) throw refuse('it has neither beginning nor end')
  const { target = null, shard = null } = started ?? {}
  return { file, target, shard, summary: ended?.summary ?? cutShort(file, events) }
}

function parse(line: string, problem: (cause: unknown) => Problem): unknown {
  try {
    return JSON.parse(line)
  } catch (cause) {
    throw problem(cause)
  }
}

/** What a shard found before it broke off still counts. */
function cutShort(file: string, events: readonly CampaignEvent[]): CampaignSummary {
  const started = events.find((event) => event.type === 'campaign-started')!
  const progress = events.findLast((event) => event.type === 'progress')
  const findings = events.flatMap((event) => (event.type === 'finding' ? [event.finding] : []))
  return {
    verdict: 'inconclusive',
    mode: started.mode,
    seed: started.seed,
    trials: progress?.trials ?? 0,
    requests: progress?.requests ?? 0,
    seconds: 0,
    requestsPerSecond: 0,
    findings,
    coverage: { cells: progress?.cells ?? 0, exercised: progress?.exercised ?? 0, gaps: [] },
    claim: null,
    problem: { code: 'E-EVENTS', message: `${file} breaks off: the shard did not end.` },
  }
}

function refuseMixture(shards: readonly Shard[]): void {
  const names = new Set(shards.flatMap(({ target }) => (target === null ? [] : [target])))
  const seeds = new Set(shards.map(({ summary }) => `${summary.mode} ${summary.seed}`))
  if (names.size <= 1 && seeds.size === 1) return
  throw new Problem(
    'E-EVENTS',
    `The files belong to different campaigns (${[...names, ...seeds].join(', ')}).`,
    'Merge only shards of one target, one mode and one seed.',
  )
}

/** A claim over all trials must not be made of some of the shards, nor of one of them twice. */
function missingShards(shards: readonly Shard[]): CampaignSummary['problem'] {
  const known = shards.flatMap(({ shard }) => (shard === null ? [] : [shard]))
  const of = known[0]?.of ?? 1
  const seen = new Set(known.map(({ index }) => index))
  if (seen.size !== known.length) return { code: 'E-EVENTS', message: 'A shard is there twice.' }
  const missing = Array.from({ length: of }, (_, index) => index).filter((index) => !seen.has(index))
  if (missing.length === 0 || known.length === 0) return null
  return { code: 'E-EVENTS', message: `Of ${of} shards these are missing: ${missing.join(', ')}.` }
}

const order: readonly CampaignVerdict[] = ['finding', 'inconclusive', 'uncovered', 'clean']

function worst(verdicts: readonly CampaignVerdict[]): CampaignVerdict {
  return order.find((verdict) => verdicts.includes(verdict)) ?? 'inconclusive'
}

/** The same finding of several shards is one; the shortest is shown. */
function mergeFindings(findings: readonly Finding[]): Finding[] {
  const byId = new Map<string, Finding>()
  for (const finding of findings) {
    const present = byId.get(finding.id)
    if (present === undefined || finding.requests < present.requests) byId.set(finding.id, finding)
  }
  return [...byId.values()].toSorted((left, right) => (left.id < right.id ? -1 : 1))
}

/** A cell is a gap only when it is one in every shard. */
function mergeCoverage(parts: readonly Coverage[]): Coverage {
  const key = ({ operation, relation, oracle }: Cell): string => `${oracle} ${relation} ${operation}`
  const whole = parts.filter((part) => part.matrix !== undefined)
  if (whole.length < parts.length) {
    const cells = Math.max(...parts.map((part) => part.cells))
    const shared = parts
      .map((part) => new Map(part.gaps.map((cell) => [key(cell), cell])))
      .reduce((left, right) => new Map([...left].filter(([name]) => right.has(name))))
    return { cells, exercised: cells - shared.size, gaps: [...shared.values()] }
  }
  const merged = new Map<string, Cell>()
  for (const cell of whole.flatMap((part) => part.matrix!)) {
    const present = merged.get(key(cell))
    const judged = (present?.judged ?? 0) + cell.judged
    const gap = present === undefined ? cell.gap : present.gap === null ? null : cell.gap
    merged.set(key(cell), { ...cell, judged, gap })
  }
  const matrix = [...merged.values()]
  const gaps = matrix.filter((cell) => cell.gap !== null)
  return { cells: matrix.length, exercised: matrix.length - gaps.length, gaps, matrix }
}

function mergedClaim(mode: 'hunt' | 'certify', trials: number, shards: number): string {
  if (mode === 'hunt')
    return `No leak was seen in ${trials} trials of ${shards} shards. A hunt makes no statistical claim.`
  const percent = (upperBound(trials) * 100).toPrecision(3)
  return `No leak was seen in ${trials} independent trials of ${shards} shards: with 95 % confidence a trial drawn from this distribution shows one with probability at most ${percent} %.`
}
