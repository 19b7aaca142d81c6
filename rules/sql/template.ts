import { holeName, isHoleName } from './hole.ts'
import { parseSql } from './parse.ts'
import type { ReadOptions } from './reader.ts'
import { toStatements, type SqlStatement } from './statements.ts'
import type { Span } from './statement.ts'
import { FilledText, segmentsOf, type Segment, type TemplatePosition } from './template-text.ts'

/**
 * What one hole of a template turned out to be.
 *
 * - `value`: an expression; it became the parameter of this name.
 * - `placeholder`: the number of a parameter (`$${n}`): no value is pasted, and the parameter cannot be told.
 * - `identifier`: a name (table, column, sort key), or part of one.
 * - `fragment`: anything else, such as a whole predicate or clause. As a predicate it stands in the statement as a
 *   parameter that is a truth value; elsewhere it was left out, so that the statement is known in part only.
 */
export interface TemplateHole {
  readonly position: 'value' | 'placeholder' | 'identifier' | 'fragment'
  /** Name in {@link Statement.parameters}, null where the hole is no parameter. */
  readonly parameter: string | null
  /** The hole is inside a quoted literal: `'%${x}%'`. The parameter is the whole literal. */
  readonly quoted: boolean
}

export type ParsedTemplate =
  | {
      readonly kind: 'parsed'
      readonly statements: readonly SqlStatement[]
      /** One entry per hole: `holes[i]` stands between `parts[i]` and `parts[i + 1]`. */
      readonly holes: readonly TemplateHole[]
      /** The text that was parsed; spans of the statements refer to it. */
      readonly text: string
      /** Where a span lies in the template. A span that covers a hole reaches from the part before to the part after. */
      readonly locate: (span: Span) => { readonly from: TemplatePosition; readonly to: TemplatePosition }
      /** Holes that make up a parameter, in order; empty for parameters that the text itself has. */
      readonly holesOf: (parameter: string) => readonly number[]
    }
  | { readonly kind: 'error'; readonly message: string; readonly at: TemplatePosition }

type Filler = 'value' | 'name' | 'nothing' | 'row' | 'assignment' | 'query'

const fillersOf: Readonly<Record<Exclude<Segment, { kind: 'text' }>['setting'], readonly Filler[]>> = {
  plain: ['value', 'name', 'nothing', 'row', 'assignment', 'query'],
  literal: ['value', 'nothing'],
  name: ['name', 'nothing'],
  number: ['value'],
  hidden: ['nothing'],
}

function fill(filler: Filler, parameter: string, hole: number): string {
  const name = `"${holeName(hole)}"`
  const text: Readonly<Record<Filler, string>> = {
    value: ` ${parameter} `,
    name,
    nothing: ' ',
    row: ` (${parameter}) `,
    assignment: ` ${name} = ${parameter} `,
    query: ' SELECT ',
  }
  return text[filler]
}

/** Where a filled hole ended up in the tree. */
type Landing = 'value' | 'predicate' | 'name' | 'alias' | 'column'

/** Walks the tree for hole parameters and hole names. Returns the landing of each, by parameter name or hole name. */
function landings(node: unknown, isHole: (parameter: number) => boolean): Map<string, Landing> {
  const found = new Map<string, Landing>()
  const visit = (value: unknown, path: readonly string[]): void => {
    if (Array.isArray(value)) for (const part of value) visit(part, path)
    else if (typeof value === 'string') {
      if (isHoleName(value)) found.set(value, isAlias(path) ? 'alias' : 'name')
    } else if (typeof value === 'object' && value !== null) {
      const { ParamRef: parameter } = value as { readonly ParamRef?: { readonly number?: number } }
      const number = parameter?.number ?? 0
      if (parameter !== undefined && isHole(number)) found.set(`$${number}`, landingOf(path))
      else for (const [key, part] of Object.entries(value)) visit(part, [...path, compareKey(value, key)])
    }
  }
  visit(node, [])
  return found
}

/** A hole on the left of a comparison with a value must be a column. */
function compareKey(node: object, key: string): string {
  const { rexpr, kind } = node as { readonly rexpr?: object; readonly kind?: string }
  const isValue = rexpr !== undefined && ('ParamRef' in rexpr || 'A_Const' in rexpr)
  return key === 'lexpr' && isValue && kind !== 'AEXPR_NULLIF' ? 'lexpr of a value' : key
}

function isAlias(path: readonly string[]): boolean {
  const [list, target, key] = path.slice(-3)
  if (key === 'aliasname') return true
  return key === 'name' && target === 'ResTarget' && list === 'targetList' && path.at(-4) === 'SelectStmt'
}

function landingOf(path: readonly string[]): Landing {
  const last = path.at(-1)
  if (last === 'lexpr of a value') return 'column'
  if (last === 'whereClause' || last === 'quals' || last === 'havingClause') return 'predicate'
  if (last === 'args' && path.at(-2) === 'BoolExpr') return 'predicate'
  if (last === 'groupClause' || (last === 'node' && path.at(-2) === 'SortBy')) return 'name'
  if (last === 'val' && path.at(-2) === 'ResTarget' && path.at(-4) === 'SelectStmt') return 'name'
  return 'value'
}

/** One try: which filler each hole segment has. */
class Attempt {
  private readonly parts: readonly string[]
  private readonly segments: readonly Segment[]
  private readonly first: number
  private readonly chosen: number[]

  constructor(parts: readonly string[], segments: readonly Segment[], firstParameter: number) {
    this.parts = parts
    this.segments = segments
    this.first = firstParameter
    this.chosen = segments.map(() => 0)
  }

  parameter(index: number): string {
    return `$${this.first + index}`
  }

  filler(index: number): Filler | null {
    const segment = this.segments[index]
    if (segment?.kind !== 'hole') return null
    return fillersOf[segment.setting][this.chosen[index]!] ?? null
  }

  filled(): FilledText {
    return new FilledText(this.parts, this.segments, (index) => {
      const segment = this.segments[index]
      if (segment?.kind !== 'hole') return ''
      return fill(this.filler(index)!, this.parameter(index), segment.holes[0]!)
    })
  }

  /** Takes the next filler for a hole; false when it has none left. */
  advance(index: number): boolean {
    const segment = this.segments[index]
    if (segment?.kind !== 'hole') return false
    if (this.chosen[index]! + 1 >= fillersOf[segment.setting].length) return false
    this.chosen[index]! += 1
    return true
  }

  /** Advances the hole nearest before a segment, or, when none is left there, the nearest after it. */
  advanceNear(index: number): boolean {
    for (let at = index; at >= 0; at--) if (this.advance(at)) return true
    for (let at = index + 1; at < this.segments.length; at++) if (this.advance(at)) return true
    return false
  }

  isHole(parameter: number): boolean {
    return this.segments[parameter - this.first]?.kind === 'hole'
  }

  /** The first hole whose filler fits the grammar but not the sense: a name as an alias, a value as a column. */
  misplaced(landing: ReadonlyMap<string, Landing>): number {
    return this.segments.findIndex((segment, index) => {
      if (segment.kind !== 'hole') return false
      const filler = this.filler(index)
      if (filler === 'name') return landing.get(holeName(segment.holes[0]!)) === 'alias'
      return (
        filler === 'value' && segment.setting === 'plain' && landing.get(this.parameter(index)) === 'column'
      )
    })
  }

  hole(index: number, landing: ReadonlyMap<string, Landing>): TemplateHole {
    const segment = this.segments[index] as Extract<Segment, { kind: 'hole' }>
    const quoted = segment.setting === 'literal'
    if (this.filler(index) === 'name') return { position: 'identifier', parameter: null, quoted }
    const parameter = this.parameter(index)
    const landed = landing.get(parameter)
    if (this.filler(index) !== 'value' || landed === undefined) {
      return { position: 'fragment', parameter: landed === undefined ? null : parameter, quoted }
    }
    if (segment.setting === 'number') return { position: 'placeholder', parameter, quoted }
    if (quoted) return { position: 'value', parameter, quoted }
    // `${alias}.id`: no value has a part without parentheses around it.
    const hasPart = /^\.(?:\*|"|\w)/.test(this.parts[segment.holes.at(-1)! + 1] ?? '')
    const isValue = landed === 'value' && !hasPart
    const position = landed === 'predicate' ? 'fragment' : isValue ? 'value' : 'identifier'
    return { position, parameter, quoted }
  }
}

/**
 * Parses SQL text that has holes in it: a template literal, a tagged template, a string built by concatenation. Each hole
 * becomes a parameter if it stands where a value may stand, a name if it stands where a name must, and is left out
 * otherwise; the answer says which. Never throws.
 *
 * @param parts - the text around the holes, as a template's `quasis` are: one more than there are holes
 */
export function parseTemplate(parts: readonly string[], options: ReadOptions = {}): ParsedTemplate {
  const segments = segmentsOf(parts)
  const used = parts.flatMap((part) => [...part.matchAll(/\$(\d{1,5})/g)].map((match) => Number(match[1])))
  const attempt = new Attempt(parts, segments, Math.max(0, ...used) + 1)
  let first: ParsedTemplate | null = null
  for (let tries = 0; tries <= segments.length * 6; tries++) {
    const filled = attempt.filled()
    const parsed = parseSql(filled.text)
    if (parsed.kind === 'error') {
      const at = filled.locate({ start: parsed.offset, end: parsed.offset }).from
      first ??= { kind: 'error', message: parsed.message, at }
      if (!attempt.advanceNear(filled.segmentAt(parsed.offset))) break
      continue
    }
    const nodes = parsed.statements.map((statement) => statement.node)
    const landing = landings(nodes, (parameter) => attempt.isHole(parameter))
    const misplaced = attempt.misplaced(landing)
    if (misplaced >= 0 && attempt.advance(misplaced)) continue
    return finish(attempt, filled, landing, segments, options)
  }
  return first ?? { kind: 'error', message: 'the template cannot be read', at: { part: 0, offset: 0 } }
}

function finish(
  attempt: Attempt,
  filled: FilledText,
  landing: ReadonlyMap<string, Landing>,
  segments: readonly Segment[],
  options: ReadOptions,
): ParsedTemplate {
  const read = toStatements(filled.text, options)
  if (read.kind === 'error') return { ...read, at: { part: 0, offset: 0 } }
  const holes: TemplateHole[] = []
  const byParameter = new Map<string, readonly number[]>()
  segments.forEach((segment, index) => {
    if (segment.kind !== 'hole') return
    const hole = attempt.hole(index, landing)
    for (const number of segment.holes) holes[number] = hole
    if (hole.parameter !== null) byParameter.set(hole.parameter, segment.holes)
  })
  return {
    kind: 'parsed',
    statements: read.statements,
    holes,
    text: filled.text,
    locate: (span) => filled.locate(span),
    holesOf: (parameter) => byParameter.get(parameter) ?? [],
  }
}
