import type { DoStmt } from 'libpg-query'
import { parseSql } from '../sql/parse.ts'
import { optionsOf, wordOf } from './ast.ts'
import { evaluate, evaluateRows, type Value } from './constant-expression.ts'
import { readProcedure, type Range, type Step } from './procedure.ts'
import { partOf, type Reading } from './reading.ts'

/** Applies one statement that a procedure runs. */
export type ApplyText = (reading: Reading, text: string) => void

interface Run {
  readonly reading: Reading
  readonly body: string
  /** Offset of the body in the statement's text; null where the text does not hold it verbatim. */
  readonly offset: number | null
  readonly apply: ApplyText
  readonly environment: Map<string, Value>
}

/**
 * `DO` with a body whose effect follows from its text: plain statements, `IF NOT EXISTS … THEN CREATE …`, loops over constant
 * lists, `EXECUTE format(…)` of known values. Whatever depends on data is listed as unread, step by step.
 */
export function runDo(reading: Reading, statement: DoStmt, apply: ApplyText): void {
  const options = optionsOf(statement.args)
  const body = wordOf(options.find(({ defname }) => defname === 'as')?.arg) ?? ''
  const language = wordOf(options.find(({ defname }) => defname === 'language')?.arg) ?? 'plpgsql'
  if (language !== 'plpgsql') {
    reading.draft.unread.push({ reason: `a DO block in ${language}`, origin: reading.origin })
    return
  }
  runBody(reading, body, new Map(), apply)
}

/** Runs a PL/pgSQL body with known values for some of its variables. */
export function runBody(
  reading: Reading,
  body: string,
  environment: Map<string, Value>,
  apply: ApplyText,
): void {
  const at = reading.text.indexOf(body)
  const offset = at < 0 || body === '' ? null : at
  runSteps({ reading, body, offset, apply, environment }, readProcedure(body))
}

function runSteps(run: Run, steps: readonly Step[]): void {
  for (const step of steps) runStep(run, step)
}

function runStep(run: Run, step: Step): void {
  switch (step.kind) {
    case 'sql':
      applyPart(run, step.range, run.body.slice(step.range.start, step.range.end))
      return
    case 'assign':
      run.environment.set(step.name, evaluate(slice(run, step.expression), run.environment))
      return
    case 'execute': {
      const text = evaluate(slice(run, step.expression), run.environment)
      if (typeof text === 'string') applyPart(run, step.range, text)
      else unread(run, step.range, 'dynamic SQL that depends on data')
      return
    }
    case 'if':
      // On the empty database that migrations start from, nothing exists yet.
      if (/^\s*\(?\s*not\s+exists\b/i.test(slice(run, step.condition))) runSteps(run, step.then)
      else for (const branch of [...step.then, ...step.otherwise]) undecided(run, branch)
      return
    case 'each':
      runEach(run, step)
      return
    case 'maybe':
      for (const part of step.body) undecided(run, part)
      return
  }
}

function runEach(run: Run, step: Extract<Step, { kind: 'each' }>): void {
  const source = slice(run, step.source)
  const list = step.query ? evaluateRows(source, run.environment) : evaluate(source, run.environment)
  if (!Array.isArray(list)) {
    for (const part of step.body) undecided(run, part)
    return
  }
  for (const item of list as readonly Value[]) {
    run.environment.set(step.name, item)
    runSteps(run, step.body)
  }
}

const changesSchema = /^\s*(?:alter|create|drop|grant|revoke|reassign|set|perform|call)\b/i

/** A step of which it cannot be told whether it runs: a hole in the picture if it would change it. */
function undecided(run: Run, step: Step): void {
  switch (step.kind) {
    case 'sql':
      if (changesSchema.test(slice(run, step.range)))
        unread(run, step.range, 'a statement that may or may not run')
      return
    case 'execute':
      unread(run, step.range, 'a statement that may or may not run')
      return
    case 'if':
      for (const part of [...step.then, ...step.otherwise]) undecided(run, part)
      return
    case 'each':
    case 'maybe':
      for (const part of step.body) undecided(run, part)
      return
    case 'assign':
      run.environment.set(step.name, null)
  }
}

const slice = (run: Run, range: Range): string => run.body.slice(range.start, range.end)

function unread(run: Run, range: Range, reason: string): void {
  run.reading.draft.unread.push({ reason, origin: placeOf(run, range) })
}

function placeOf(run: Run, range: Range): Reading['origin'] {
  return run.offset === null
    ? run.reading.origin
    : run.reading.originOf(run.offset + range.start, run.offset + range.end)
}

function applyPart(run: Run, range: Range, text: string): void {
  const sql = text.replace(/^\s*perform\b/i, 'SELECT')
  const parsed = parseSql(sql)
  if (parsed.kind === 'error') {
    // A statement with INTO or variables is no plain SQL; only one that would change the schema is missed.
    if (changesSchema.test(text)) unread(run, range, `not parsed: ${parsed.message}`)
    return
  }
  const verbatim = run.offset !== null && sql === slice(run, range)
  run.apply(
    partOf(
      run.reading,
      sql,
      parsed.offsetOf,
      placeOf(run, range),
      verbatim ? run.offset! + range.start : null,
    ),
    sql,
  )
}
