import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction } from '../../../source/binding.ts'
import { returnsOf, unwrap } from '../../../source/children.ts'
import type { Access, Block, Occurrence, Rowset } from '../../../sql/statement.ts'
import { isNamedQuery, nameStep, type Chain } from './chain.ts'
import { emptyLevel, subqueryOf, type Conversion, type Level, type Placed } from './conversion.ts'
import type { Mention } from './mention.ts'
import { tableOf, type Table } from './table.ts'

/** What `.from(…)`, a join or the first argument of a write names: a table, a CTE or a sub-query. */
export function mentionFor(
  { node: given, environment }: Placed,
  level: Level,
  conversion: Conversion,
  lateral = false,
): Mention {
  const { draft, evaluator } = conversion
  const node = unwrap(given)
  const bound = node.type === 'Identifier' ? environment.get(node.name) : undefined
  if (bound?.kind === 'argument')
    return mentionFor({ node: bound.node, environment: bound.environment }, level, conversion, lateral)
  const chain = evaluator.chainOf(node, environment)
  if (chain !== null) return derived(chain, node, lateral ? level : emptyLevel, conversion, lateral)
  const table = tableOf(node, draft.scope)
  return table === null
    ? rowset('a table that could not be seen', node, conversion)
    : occurrenceOf(table, 'read', node, conversion)
}

/** The table that a statement writes to; null when it could not be seen. */
export function targetFor(
  { node: given, environment }: Placed,
  access: Access,
  conversion: Conversion,
): Occurrence | null {
  const node = unwrap(given)
  const bound = node.type === 'Identifier' ? environment.get(node.name) : undefined
  if (bound?.kind === 'argument')
    return targetFor({ node: bound.node, environment: bound.environment }, access, conversion)
  const table = tableOf(node, conversion.draft.scope)
  return table === null ? null : occurrenceOf(table, access, node, conversion)
}

export function occurrenceOf(
  table: Table,
  access: Access,
  node: TSESTree.Node,
  conversion: Conversion,
): Occurrence {
  const { schema, name, alias } = table
  const occurrence = conversion.draft.occurrence({ schema, name }, alias, access, node)
  conversion.tables.set(occurrence.id, table)
  return occurrence
}

function derived(
  chain: Chain,
  node: TSESTree.Node,
  level: Level,
  conversion: Conversion,
  lateral: boolean,
): Mention {
  const { draft } = conversion
  const named = nameStep(chain)
  const name = named === null ? null : draft.scope.constantOf(named)?.value
  const block = isNamedQuery(chain) ? namedBlock(chain, conversion) : conversion.blockOf(chain, level)
  return {
    kind: 'derived',
    id: draft.nextOccurrence(),
    alias: typeof name === 'string' ? name : null,
    block,
    lateral,
    span: draft.spanOf(node),
  }
}

/** The query of `db.$with('name').as(query)`, the same block wherever it is mentioned. */
export function namedBlock(chain: Chain, conversion: Conversion): Block {
  const step = chain.steps.find(({ method }) => method === 'as')!
  for (const { call } of chain.steps) conversion.consumed.add(call)
  const known = conversion.ctes.get(step.call)
  if (known !== undefined) return known
  const span = conversion.draft.spanOf(step.call)
  const [given] = step.call.arguments
  const returned = given !== undefined && isFunction(given) ? returnsOf(given)[0] : given
  const block =
    returned === undefined
      ? null
      : subqueryOf({ node: returned, environment: step.environment }, emptyLevel, conversion)
  const read: Block = block ?? {
    kind: 'opaque',
    reason: 'a CTE that could not be seen',
    occurrences: [],
    ctes: [],
    span,
  }
  conversion.ctes.set(step.call, read)
  return read
}

export function rowset(reason: string, node: TSESTree.Node, conversion: Conversion): Rowset {
  return { kind: 'rowset', alias: null, reason, span: conversion.draft.spanOf(node) }
}
