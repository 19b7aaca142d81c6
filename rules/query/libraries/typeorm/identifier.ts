import type { TSESTree } from '@typescript-eslint/utils'
import { annotationOf, memberName } from '../../../source/binding.ts'
import { unwrap } from '../../../source/children.ts'
import { variableOf } from '../../../source/module.ts'
import type { ExtractionScope } from '../../library.ts'

/**
 * Is the expression a key rather than an object of conditions? `findOne(id)` and `delete(id)` take either, so literals, declared
 * types and, where nothing else tells, names decide.
 */
export function isIdLike(given: TSESTree.Node, scope: ExtractionScope): boolean {
  const node = unwrap(scope.resolve(unwrap(given)))
  switch (node.type) {
    case 'Literal':
      return node.value !== null && typeof node.value !== 'boolean'
    case 'TemplateLiteral':
      return true
    case 'UnaryExpression':
      return node.operator === '+'
    case 'Identifier':
      return typeSays(node, scope, /^TS(String|Number|BigInt)Keyword$/) || isIdName(node.name)
    case 'MemberExpression':
      return isIdName(memberName(node) ?? '')
    case 'CallExpression':
      return /(^|\.)(Number|String|parseInt|toString)$/.test(scope.sourceCode.getText(node.callee))
    default:
      return false
  }
}

const isIdName = (name: string): boolean => /(^id|[a-z_]Id|_id|ID|uuid|Uuid)$/.test(name)

/** `delete(ids)`, `delete([id])`, `findByIds(rows.map(({ id }) => id))`. */
export function isListOfIds(given: TSESTree.Node, scope: ExtractionScope): boolean {
  const node = unwrap(scope.resolve(unwrap(given)))
  switch (node.type) {
    case 'ArrayExpression':
      return node.elements.every(
        (one) => one === null || one.type === 'SpreadElement' || isIdLike(one, scope),
      )
    case 'Identifier':
      return /(^ids|Ids|IDs|_ids|[uU]uids)$/.test(node.name)
    case 'MemberExpression':
      return /(^ids|Ids|IDs|_ids|[uU]uids)$/.test(memberName(node) ?? '')
    case 'CallExpression':
      return node.callee.type === 'MemberExpression' && memberName(node.callee) === 'map'
    default:
      return false
  }
}

function typeSays(node: TSESTree.Identifier, scope: ExtractionScope, type: RegExp): boolean {
  const [definition] = variableOf(scope.sourceCode, node)?.defs ?? []
  const name = definition?.name
  const annotation = name === undefined ? null : annotationOf(name as TSESTree.Node)
  return annotation !== null && type.test(annotation.type)
}
