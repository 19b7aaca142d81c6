import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../../../source/binding.ts'
import { unwrap } from '../../../source/children.ts'
import { mikroText } from '../../../sql/flavour.ts'
import type { ExtractionScope } from '../../library.ts'
import type { QueryOrOpaque } from '../../query.ts'
import { textQueries } from '../typeorm/raw.ts'
import { mikroReceiverOf } from './receiver.ts'

/** `em.getConnection().execute(text, values)`, `em.execute(text, values)`. */
export function rawQueries(
  node: TSESTree.CallExpression,
  scope: ExtractionScope,
): readonly QueryOrOpaque[] | null {
  const callee = unwrap(node.callee)
  if (callee.type !== 'MemberExpression' || memberName(callee) !== 'execute') return null
  const object = unwrap(callee.object)
  const made = object.type === 'CallExpression' ? unwrap(object.callee) : null
  const isConnection = made?.type === 'MemberExpression' && memberName(made) === 'getConnection'
  const receiver = mikroReceiverOf(isConnection ? made.object : object, scope)
  return receiver?.kind === 'manager'
    ? textQueries('mikro-orm', node, scope.pathOf(object), scope, mikroText)
    : null
}
