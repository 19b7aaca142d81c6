import type { Block } from '../../../sql/statement.ts'
import type { Chain, ChainStep } from './chain.ts'
import {
  possibleExpressions,
  subqueryOf,
  type Conversion,
  type Level,
  type VisibleCtes,
} from './conversion.ts'

interface CommonTable {
  readonly name: string
  readonly block: Block
}

/**
 * `with(name, (db) => …)` and the CTEs of the query around, which stay visible. A CTE sees those before it, and all of them
 * when the first is recursive: Kysely writes RECURSIVE for the whole clause then.
 */
export function withClauses(
  chain: Chain,
  level: Level,
  conversion: Conversion,
): { readonly ctes: readonly CommonTable[]; readonly visible: VisibleCtes } {
  const steps = chain.steps.filter(({ method }) => method === 'with' || method === 'withRecursive')
  const names = steps.map((step) => nameOf(step, conversion))
  const isRecursive = steps[0]?.method === 'withRecursive'
  const read = new Map<number, Block>()

  const seenFrom = (reader: number): VisibleCtes => ({
    get: (name) => {
      const index = (
        isRecursive ? names : names.slice(0, steps[reader]?.method === 'withRecursive' ? reader + 1 : reader)
      ).lastIndexOf(name)
      return index < 0 ? level.ctes.get(name) : blockAt(index)
    },
  })
  const blockAt = (index: number): Block => {
    const known = read.get(index)
    if (known !== undefined) return known
    const span = conversion.draft.spanOf(steps[index]!.call)
    read.set(index, opaque(`${names[index]!} refers to itself`, span))
    const inner: Level = { naming: { items: [], outer: null }, ctes: seenFrom(index) }
    const block = definitionOf(steps[index]!, inner, conversion)
    read.set(index, block ?? opaque(`CTE ${names[index]!} could not be seen`, span))
    return read.get(index)!
  }

  const ctes = names.map((name, index) => ({ name, block: blockAt(index) }))
  return { ctes, visible: seenFrom(names.length) }
}

function nameOf({ call }: ChainStep, { draft }: Conversion): string {
  const [node] = call.arguments
  const text = node === undefined ? null : draft.scope.constantOf(node)?.value
  return typeof text === 'string' ? text.split('(')[0]!.trim() : '(unnamed)'
}

function definitionOf({ call, environment }: ChainStep, level: Level, conversion: Conversion): Block | null {
  const definition = call.arguments[1]
  if (definition === undefined) return null
  const placed = possibleExpressions(definition, environment, conversion, { kind: 'client' })
  return placed?.length === 1 ? subqueryOf(placed[0]!, level, conversion) : null
}

function opaque(reason: string, span: Block['span']): Block {
  return { kind: 'opaque', reason, occurrences: [], ctes: [], span }
}
