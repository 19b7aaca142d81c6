import type { TSESTree } from '@typescript-eslint/utils'
import { unwrap } from '../source/children.ts'
import type { Provenance } from '../provenance/provenance.ts'
import type { Flavour } from '../sql/flavour.ts'
import type { Decider } from './decider.ts'
import type { ExtractionScope } from './library.ts'
import { type Given, placed } from './placeholders.ts'
import type { Opaque, Query } from './query.ts'
import { type SqlCall, type SqlText, sqlTextOf } from './sql-text.ts'
import { compose, type TextPart } from './text.ts'
import { elementsOf } from './text-array.ts'

/** A call with SQL text and the values for its placeholders. */
export interface TextCall extends Pick<SqlCall, 'library' | 'node' | 'client' | 'answer'> {
  readonly text: TSESTree.Node
  /** Where the values of `?`, `:name` and `$(name)` come from: an array, an object, or one value. */
  readonly values: readonly TSESTree.Node[]
  readonly flavour: Flavour | ((text: string) => Flavour)
}

/** The text that a call sends under given decisions, in PostgreSQL's grammar, and where its values come from. */
export function textOf(
  call: TextCall,
  scope: ExtractionScope,
  decider: Decider,
): { readonly text: SqlText; readonly call: SqlCall } {
  const composed = compose(call.text, scope, decider)
  const elements = call.values.map((values) => elementsOf(values, scope, decider)).find((one) => one !== null)
  const given = givenOf(call, elements ?? null, composed, scope, decider)
  const flavour = typeof call.flavour === 'function' ? call.flavour(textIn(composed)) : call.flavour
  const { parts, filled } = placed(composed, flavour, given)
  const whole = call.values.length > 0 && elements == null ? call.values[0]! : null
  const sourceOf = (index: number): TSESTree.Node | null =>
    filled.has(index) ? filled.get(index)!.node : (elements?.[index - 1] ?? null)
  const valueOf = (index: number): Provenance => {
    const source = sourceOf(index)
    if (source !== null) return scope.provenanceOf(source)
    const label = filled.get(index)?.label ?? `$${Number.isNaN(index) ? '?' : index}`
    const from = whole === null ? null : scope.provenanceOf(whole)
    if (from === null || from.kind === 'literal') return { kind: 'unknown', path: label, nullable: false }
    return { ...from, nullable: false }
  }
  const labelOf = (index: number): string | null => filled.get(index)?.label ?? null
  const { library, node, client, answer } = call
  return { text: sqlTextOf(parts), call: { library, node, client, answer, valueOf, sourceOf, labelOf } }
}

const textIn = (parts: readonly TextPart[]): string =>
  parts.map((part) => (part.kind === 'text' ? part.text : ' ')).join('')

function givenOf(
  { values }: TextCall,
  elements: readonly TSESTree.Node[] | null,
  composed: readonly TextPart[],
  scope: ExtractionScope,
  decider: Decider,
): Given {
  const lists = composed.filter((part) => part.kind === 'hole' && part.list === true).length
  const row = lists === 0 && elements !== null ? elements : withLists(values, lists)
  const views = new Map<TSESTree.Node, ReturnType<ExtractionScope['objectOf']>>()
  const viewOf = (node: TSESTree.Node): ReturnType<ExtractionScope['objectOf']> => {
    if (!views.has(node)) views.set(node, scope.objectOf(node))
    return views.get(node)!
  }
  return {
    named: (name) => {
      for (const one of values) {
        const property = viewOf(one)?.properties.findLast((property) => property.name === name)
        if (property !== undefined) return property.value
      }
      return null
    },
    positional: (index) => row?.[index] ?? null,
    textOf: (node) => compose(node, scope, decider),
    nameOf: (node) => {
      const value = scope.constantOf(node)?.value
      return typeof value === 'string' ? value : null
    },
  }
}

/** `[...ids, tenantId]` beside a text that writes a placeholder for each id: a spread takes one turn, as its list does. */
function withLists(values: readonly TSESTree.Node[], lists: number): readonly TSESTree.Node[] | null {
  const array = values.map((node) => unwrap(node)).find((node) => node.type === 'ArrayExpression')
  if (array?.type !== 'ArrayExpression') return null
  const elements = array.elements.filter((one) => one !== null)
  if (elements.filter((one) => one.type === 'SpreadElement').length !== lists) return null
  return elements.map((one) => (one.type === 'SpreadElement' ? one.argument : one))
}

/** What one variant of a call's text gave. */
export interface Reading {
  readonly text: SqlText
  readonly queries: readonly (Query | Opaque)[]
}

/**
 * The queries of all variants. Of those that cannot be parsed although the same pieces are read in another, one speaks for all: most of
 * them are combinations of tests that the program never takes (`SET ${clauses.join()}` of an empty list), but that is not shown.
 */
export function queriesIn(readings: readonly Reading[]): readonly (Query | Opaque)[] {
  const isRead = ({ queries }: Reading): boolean => queries.some(({ kind }) => kind === 'query')
  const seen = new Set(readings.filter(isRead).flatMap(({ text }) => text.holes.map(({ node }) => node)))
  const read = readings.some(isRead)
  let isTold = false
  return readings.flatMap((one) => {
    const isVariant = read && !isRead(one) && one.text.holes.every(({ node }) => seen.has(node))
    if (!isVariant) return one.queries
    const queries = isTold ? one.queries.filter(({ kind }) => kind === 'query') : one.queries
    isTold = true
    return queries
  })
}
