import type { TSESTree } from '@typescript-eslint/utils'
import type { Block } from '../../../sql/statement.ts'
import { fragmentBlocks } from '../../fragment.ts'
import type { ChainStep } from './chain.ts'
import { emptyLevel, possible, subqueriesOf, textOf, type Conversion, type Level } from './conversion.ts'
import { readingNamed } from './named-queries.ts'
import { partIn, rawTexts } from './raw.ts'

/** `with('name', query)` and the CTEs of the query around, which stay visible. */
export function withClauses(
  steps: readonly ChainStep[],
  level: Level,
  conversion: Conversion,
): {
  readonly ctes: { readonly name: string; readonly block: Block }[]
  readonly visible: ReadonlyMap<string, Block>
} {
  const ctes: { readonly name: string; readonly block: Block }[] = []
  const visible = new Map(level.ctes)
  for (const { method, call, environment } of steps) {
    if (!/^with(Recursive|Materialized|NotMaterialized)?$/.test(method)) continue
    const [nameNode, ...rest] = call.arguments
    const name = textOf(nameNode, environment, conversion)?.split('(')[0]!.trim() ?? '(unnamed)'
    const span = conversion.draft.spanOf(call)
    const reason = `${name} refers to itself`
    if (method === 'withRecursive')
      visible.set(name, { kind: 'opaque', reason, occurrences: [], ctes: [], span })
    const definition = rest.at(-1)
    const inner: Level = { ...emptyLevel, schema: level.schema, ctes: new Map(visible) }
    const read = definition === undefined ? null : branch(definition, environment, inner, conversion)
    const block: Block = read ?? {
      kind: 'opaque',
      reason: `CTE ${name} could not be seen`,
      occurrences: [],
      ctes: [],
      span,
    }
    ctes.push({ name, block })
    visible.set(name, block)
  }
  return { ctes, visible }
}

/** A query that stands for itself: a builder, a callback that builds one, or raw SQL. */
function branch(
  node: TSESTree.Node,
  environment: ChainStep['environment'],
  level: Level,
  conversion: Conversion,
): Block | null {
  const placed = possible(node, environment, conversion)
  if (placed.length !== 1) return null
  const part = partIn(placed[0]!.node, conversion.draft.scope)
  if (part !== null) {
    conversion.consumed.add(part)
    const texts = rawTexts(part.arguments, placed[0]!.environment, conversion)
    const blocks = texts.length === 1 ? fragmentBlocks(texts, part, conversion.draft) : null
    return blocks?.length === 1 ? readingNamed(blocks[0]!, level.ctes) : null
  }
  const blocks = subqueriesOf(placed[0]!, level, conversion)
  return blocks?.length === 1 ? blocks[0]! : null
}

const setOperators: Readonly<Record<string, { operator: 'union' | 'intersect' | 'except'; all: boolean }>> = {
  union: { operator: 'union', all: false },
  unionAll: { operator: 'union', all: true },
  intersect: { operator: 'intersect', all: false },
  except: { operator: 'except', all: false },
}

/** `query.union(other, …)`, `query.unionAll([…])`, one after the other. */
export function setOperations(
  first: Block,
  steps: readonly ChainStep[],
  level: Level,
  conversion: Conversion,
): Block {
  let block = first
  for (const { method, call, environment } of steps) {
    const operator = setOperators[method]
    if (operator === undefined) continue
    const span = conversion.draft.spanOf(call)
    const outer: Level = { ...level, naming: level.naming }
    const given = call.arguments.flatMap((argument): readonly TSESTree.Node[] => {
      const array = argument.type === 'ArrayExpression' ? conversion.draft.scope.arrayOf(argument) : null
      if (array !== null) return array.elements.map(({ value }) => value)
      return conversion.draft.scope.constantOf(argument) === null ? [argument] : []
    })
    const others = given.map(
      (one): Block =>
        branch(one, environment, outer, conversion) ?? {
          kind: 'opaque',
          reason: 'a branch that could not be seen',
          occurrences: [],
          ctes: [],
          span,
        },
    )
    const { ctes } = block
    block = { kind: 'set', ...operator, branches: [{ ...block, ctes: [] }, ...others], ctes, span }
  }
  return block
}
