import type { TSESTree } from '@typescript-eslint/utils'
import type { ExtractionScope } from '../../../library.ts'
import { targetOf, type Target } from '../target.ts'
import type { Chain } from './chain.ts'

/** The entity that a statement is about, and the name that its columns go by. */
export interface Root {
  /** Null: it shows only at run time. */
  readonly target: Target | null
  readonly alias: string
  readonly node: TSESTree.Node
}

const intoEntity = /^(from|into|update|delete|softDelete|restore|insert)$/

/** `repository.createQueryBuilder('a')`, `manager.createQueryBuilder(User, 'u')`, or what `.from(User, 'u')` says. */
export function rootOf(chain: Chain, scope: ExtractionScope): Root | null {
  const { receiver, root } = chain
  const given = root.arguments
  if (receiver?.kind === 'repository') {
    return { target: receiver.target, alias: aliasIn(given[0], receiver.target, scope), node: root.callee }
  }
  const named = chain.steps.find(({ method, call }) => intoEntity.test(method) && isEntity(call.arguments[0]))
  const from = named?.call.arguments ?? (given.length > 0 && isEntity(given[0]) ? given : null)
  if (from === null) return receiver === null ? { target: null, alias: '', node: root } : null
  const target = targetOf(from[0]!, scope)
  return { target, alias: aliasIn(from[1], target, scope), node: from[0]! }
}

/** `update({ … })` gives values, `from((qb) => …)` a sub-query. */
const isEntity = (node: TSESTree.Node | undefined): boolean =>
  node !== undefined && !/^(ObjectExpression|ArrowFunctionExpression|FunctionExpression)$/.test(node.type)

/** An alias that the program computes goes by the entity's name: what uses it computes it alike, or names the builder's. */
function aliasIn(node: TSESTree.Node | undefined, target: Target | null, scope: ExtractionScope): string {
  const constant = node === undefined ? null : scope.constantOf(node)?.value
  return typeof constant === 'string' ? constant : (target?.name ?? 'entity')
}

export function aliasOf(chain: Chain, scope: ExtractionScope): string | null {
  return rootOf(chain, scope)?.alias ?? null
}
