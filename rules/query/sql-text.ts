import type { TSESTree } from '@typescript-eslint/utils'
import type { Provenance } from '../provenance/provenance.ts'
import { holeName } from '../sql/hole.ts'
import type { Statement } from '../sql/statement.ts'
import { type ParsedTemplate, parseTemplate } from '../sql/template.ts'
import type { ExtractionScope } from './library.ts'
import type { Answer, Interpolation, Library, Opaque, Query } from './query.ts'
import type { HolePart, TextPart } from './text.ts'
import { isTrailing } from './trailing.ts'

type TextOnly = Extract<TextPart, { kind: 'text' }>

/** Composed SQL text in the form that the template parser takes, with the way back to the program. */
export interface SqlText {
  /** One more than there are holes. */
  readonly strings: readonly string[]
  readonly holes: readonly HolePart[]
  /** For each string, the stretches of source that make it up, in order. */
  readonly stretches: readonly (readonly TextOnly[])[]
}

export function sqlTextOf(parts: readonly TextPart[]): SqlText {
  const stretches: TextOnly[][] = [[]]
  const holes: HolePart[] = []
  for (const part of parts) {
    if (part.kind === 'text') stretches.at(-1)!.push(part)
    else {
      holes.push(part)
      stretches.push([])
    }
  }
  const strings = stretches.map((pieces) => pieces.map((piece) => piece.text).join(''))
  return { strings, holes, stretches }
}

const verbs =
  /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/|\()*(?:select|insert|update|delete|with|truncate|merge|replace|copy|explain)\b/i

/** Does the text begin as a statement that touches rows? */
export function beginsAsQuery(text: string): boolean {
  return verbs.test(text)
}

export interface SqlCall {
  readonly library: Library
  readonly node: TSESTree.Node
  readonly client: string
  readonly answer: Answer
  /** Where the value of `$n` comes from. */
  readonly valueOf: (index: number) => Provenance
  /** The expression that gives `$n`, where one in sight does. */
  readonly sourceOf?: (index: number) => TSESTree.Node | null
  /** How the program writes `$n`, where a placeholder of another form became that. */
  readonly labelOf?: (index: number) => string | null
}

type Parsed = Extract<ParsedTemplate, { kind: 'parsed' }>

/** After these a value or name is still to come; after any other word, or a closing bracket, only more of the statement. */
const expectant =
  /(?:^|[^\w\s"')\]$]|\b(?:and|or|not|in|like|ilike|similar|to|between|is|where|on|set|values|select|distinct|limit|offset|then|else|when|case|by|returning|having|any|some|all|from|join|lateral|only|into|update|using|as|with|table|filter|over|except|union|intersect|escape|zone|interval|fetch|first|next))\s*$/i

/**
 * PostgreSQL's grammar as the parser has it reads `column $1` as a cast of `$1` to the type `column`, so a hole directly after an
 * operand is set apart as the fragment that it must be. Placeholders (`$${n}`) and names that go on are left alone.
 */
function withoutFragments(text: SqlText): {
  readonly text: SqlText
  readonly fragments: readonly HolePart[]
} {
  const fragments: HolePart[] = []
  const strings = [text.strings[0]!]
  const stretches = [[...text.stretches[0]!]]
  const holes: HolePart[] = []
  text.holes.forEach((hole, index) => {
    const before = strings.at(-1)!
    const after = text.strings[index + 1]!
    const open = isLiteralOpen(text.strings.slice(0, index + 1).join(''))
    const apart = !open && /\s$/.test(before) && !expectant.test(before) && !/^\w/.test(after)
    if (apart) {
      fragments.push(hole)
      strings[strings.length - 1] = `${before} ${after}`
      stretches
        .at(-1)!
        .push({ kind: 'text', text: ' ', node: hole.node, offset: null }, ...text.stretches[index + 1]!)
    } else {
      holes.push(hole)
      strings.push(after)
      stretches.push([...text.stretches[index + 1]!])
    }
  })
  return { text: { strings, holes, stretches }, fragments }
}

/** Is a literal open at the end of the text? */
function isLiteralOpen(text: string): boolean {
  return text.split("'").length % 2 === 0
}

/** The queries that a text holds: one for each statement that touches rows, or an opacity. */
export function queriesOf(
  whole: SqlText,
  call: SqlCall,
  scope: ExtractionScope,
): readonly (Query | Opaque)[] {
  const { text, fragments } = withoutFragments(whole)
  const parsed = parseTemplate(text.strings)
  if (parsed.kind === 'error') {
    const interpolations = whole.holes.filter(isPasted).map((hole): Interpolation => ({
      node: hole.node,
      position: 'fragment',
      provenance: scope.provenanceOf(hole.node),
    }))
    const reason = `its SQL text could not be parsed: ${parsed.message}`
    return [{ kind: 'opaque', library: call.library, node: call.node, reason, interpolations }]
  }
  const apart = fragments.map((hole): Interpolation => ({
    node: hole.node,
    position: 'fragment',
    provenance: scope.provenanceOf(hole.node),
    widens: widens(whole, whole.holes.indexOf(hole), scope),
  }))
  const interpolations = [...interpolationsOf(parsed, text, scope), ...apart]
  const nodeOf = locator(parsed, text, call.node)
  const valueOf = (name: string): Provenance => {
    const holes = parsed.holesOf(name)
    const [first] = holes
    if (first !== undefined && parsed.holes[first]!.position !== 'placeholder') {
      return scope.provenanceOf(text.holes[first]!.node)
    }
    return call.valueOf(first === undefined ? Number(name.slice(1)) : Number.NaN)
  }
  const sourceOf = (name: string): TSESTree.Node | null => {
    const [first] = parsed.holesOf(name)
    if (first === undefined) return call.sourceOf?.(Number(name.slice(1))) ?? null
    return parsed.holes[first]!.position === 'placeholder' ? null : text.holes[first]!.node
  }
  return parsed.statements.flatMap(({ statement: read }): Query[] => {
    if (read === null) return []
    const statement = labelled(read, (name) =>
      parsed.holesOf(name).length > 0 ? null : (call.labelOf?.(Number(name.slice(1))) ?? null),
    )
    const { library, node, client, answer } = call
    const values = read.parameters.map(({ name }) => valueOf(name))
    const sources = read.parameters.map(({ name }) => sourceOf(name))
    return [
      { kind: 'query', library, node, statement, values, sources, interpolations, nodeOf, client, answer },
    ]
  })
}

function labelled(statement: Statement, labelOf: (name: string) => string | null): Statement {
  const parameters = statement.parameters.map((one) => ({ ...one, name: labelOf(one.name) ?? one.name }))
  return { ...statement, parameters }
}

function isPasted(hole: HolePart): boolean {
  return !hole.bound
}

/** The text before a hole ends inside ORDER BY or LIMIT of the outermost statement. */
const sortsOrLimits = /\b(?:order\s+by|limit|offset)\b[^()]*$/i

function textBefore(text: SqlText, hole: number): string {
  return text.strings.slice(0, hole + 1).join(' x ')
}

/** May what is pasted in here change which rows are touched? */
function widens(text: SqlText, hole: number, scope: ExtractionScope): boolean {
  return !sortsOrLimits.test(textBefore(text, hole)) && !isTrailing(text.holes[hole]!.node, scope)
}

function interpolationsOf(parsed: Parsed, text: SqlText, scope: ExtractionScope): Interpolation[] {
  return text.holes.flatMap((hole, index): Interpolation[] => {
    const { position, parameter } = parsed.holes[index]!
    if (hole.bound || position === 'placeholder') return []
    const provenance = scope.provenanceOf(hole.node)
    const enclosed = parameter !== null && provenance.kind !== 'request' && isEnclosed(text, index)
    const name = position === 'identifier' && parameter === null ? { hole: holeName(index) } : {}
    const given =
      hole.given === undefined
        ? {}
        : { given: { node: hole.given, provenance: scope.provenanceOf(hole.given) } }
    const shape = { widens: widens(text, index, scope), enclosed }
    return [{ node: hole.node, position, provenance, ...name, ...given, ...shape }]
  })
}

/** `(${filter})`: what is pasted in begins and ends between the same two brackets. */
function isEnclosed({ strings }: SqlText, hole: number): boolean {
  return /\(\s*$/.test(strings[hole]!) && /^\s*\)/.test(strings[hole + 1]!)
}

function locator(parsed: Parsed, text: SqlText, fallback: TSESTree.Node): Query['nodeOf'] {
  return (span) => {
    if (span === null) return fallback
    const { from } = parsed.locate(span)
    let offset = from.offset
    for (const stretch of text.stretches[from.part] ?? []) {
      if (offset < stretch.text.length) return stretch.node
      offset -= stretch.text.length
    }
    return text.holes[from.part]?.node ?? fallback
  }
}
