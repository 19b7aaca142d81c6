import type { TSESTree } from '@typescript-eslint/utils'
import { placeOf } from '../provenance/place.ts'
import { annotationOf } from '../source/binding.ts'
import { unwrap } from '../source/children.ts'
import { isConstant, linted } from '../source/module.ts'
import type { ExtractionScope } from './library.ts'

/** Values made of values made of values. */
const depthLimit = 6

/**
 * Is the value a member of a parameter whose type says by its name that it carries what a client sent: a data transfer object, `filters:
 * SearchDto`? The handler that reads it need not be the one that takes the request.
 */
export function isOfTransferObject(given: TSESTree.Node, scope: ExtractionScope, depth = 0): boolean {
  const node = unwrap(given)
  if (node.type === 'CallExpression' && depth < depthLimit) {
    const callee = unwrap(node.callee)
    return callee.type === 'MemberExpression' && isOfTransferObject(callee.object, scope, depth + 1)
  }
  if (node.type === 'ConditionalExpression' || node.type === 'LogicalExpression') {
    const parts =
      node.type === 'LogicalExpression' ? [node.left, node.right] : [node.consequent, node.alternate]
    return depth < depthLimit && parts.some((part) => isOfTransferObject(part, scope, depth + 1))
  }
  const { sourceCode, filename } = scope
  const { base } = placeOf(node, linted(sourceCode, filename), (name) => isConstant(sourceCode, name))
  if ((base.kind === 'call' || base.kind === 'expression') && base.node !== node && depth < depthLimit) {
    return isOfTransferObject(base.node, scope, depth + 1)
  }
  const annotation = base.kind === 'parameter' ? annotationOf(base.binding.pattern) : null
  return (
    annotation?.type === 'TSTypeReference' &&
    annotation.typeName.type === 'Identifier' &&
    /(?:Dto|DTO)$/.test(annotation.typeName.name)
  )
}
