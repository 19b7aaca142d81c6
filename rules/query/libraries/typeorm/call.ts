import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../../../source/binding.ts'
import { unwrap } from '../../../source/children.ts'
import type { ExtractionScope } from '../../library.ts'
import type { QueryOrOpaque } from '../../query.ts'
import { methodNamed, type Method } from './methods.ts'
import { rawQueries } from './raw.ts'
import { receiverOf, type Receiver } from './receiver.ts'
import { queriesOf } from './statements.ts'
import { targetOf, type Target } from './target.ts'

/** One call of a repository or manager, with the entity told apart from the other arguments. */
export interface EntityCall {
  readonly node: TSESTree.CallExpression
  readonly name: string
  readonly method: Method
  readonly target: Target
  readonly arguments: readonly TSESTree.Node[]
  readonly client: string
}

/** `repository.find(…)`, `manager.find(User, …)`, `User.find(…)`. Null: no call of that kind. */
export function entityQueries(
  node: TSESTree.CallExpression,
  scope: ExtractionScope,
): readonly QueryOrOpaque[] | null {
  const callee = unwrap(node.callee)
  const name = callee.type === 'MemberExpression' ? memberName(callee) : null
  const method = name === null ? null : methodNamed(name)
  if (callee.type !== 'MemberExpression' || method === null) return null
  const receiver = receiverOf(callee.object, scope)
  if (receiver === null || receiver.kind === 'builder') return null
  const client = scope.pathOf(callee.object)
  if (method.operation.kind === 'raw') return rawQueries(node, client, scope)
  const given = entityOf(node, receiver, method, scope)
  if (given.target === null) {
    const reason = 'the entity is chosen at run time'
    return [{ kind: 'opaque', library: 'typeorm', node, reason, interpolations: [] }]
  }
  const call: EntityCall = { node, name: name!, method, target: given.target, arguments: given.rest, client }
  return queriesOf(call, scope)
}

interface Given {
  readonly target: Target | null
  readonly rest: readonly TSESTree.Node[]
}

function entityOf(
  { arguments: all }: TSESTree.CallExpression,
  receiver: Receiver,
  { operation }: Method,
  scope: ExtractionScope,
): Given {
  if (receiver.kind === 'repository') return { target: receiver.target, rest: all }
  const [first, ...rest] = all
  if (first === undefined) return { target: null, rest: [] }
  const takesEntity = /^(save|entity write)$/.test(operation.kind)
  // `manager.save(user)`: only an object of a class in sight tells the entity.
  if (takesEntity && (rest[0] === undefined || unwrap(rest[0]).type === 'ObjectExpression')) {
    const made = unwrap(scope.resolve(unwrap(first)))
    if (made.type === 'NewExpression') return { target: targetOf(made.callee, scope), rest: [first] }
    return { target: /^[A-Z]/.test(scope.pathOf(first)) ? targetOf(first, scope) : null, rest }
  }
  return { target: targetOf(first, scope), rest }
}
