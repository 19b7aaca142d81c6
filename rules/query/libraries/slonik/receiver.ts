import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../../../source/binding.ts'
import { unwrap } from '../../../source/children.ts'
import type { Definition } from '../../../source/definition.ts'
import type { ExtractionScope } from '../../library.ts'

/** Is the expression Slonik's `sql`, imported from it, made by `createSqlTag`, or handed on by a module of the project? */
export function isSql(given: TSESTree.Node, scope: ExtractionScope): boolean {
  const node = unwrap(given)
  const definition = scope.definitionOf(node)
  switch (definition.kind) {
    case 'import':
      if (definition.module === 'slonik') return definition.name === 'sql'
      return definition.local && definition.name === 'sql' && importsSlonik(scope)
    case 'call':
      return definition.callee.kind === 'import' && definition.callee.name === 'createSqlTag'
    default:
      return false
  }
}

/** `sql.type(schema)\`…\``, `sql.typeAlias('id')\`…\``, `sql.unsafe\`…\``, `sql.fragment\`…\``, `sql\`…\`` of older versions. */
export function isTemplate(node: TSESTree.TaggedTemplateExpression, scope: ExtractionScope): boolean {
  const tag = unwrap(node.tag)
  if (isSql(tag, scope)) return true
  const callee = tag.type === 'CallExpression' ? unwrap(tag.callee) : tag
  return callee.type === 'MemberExpression' && isSql(callee.object, scope)
}

/** The function of `sql` that a call is: `join`, `identifier`, … */
export function helperOf(node: TSESTree.CallExpression, scope: ExtractionScope): string | null {
  const callee = unwrap(node.callee)
  if (callee.type !== 'MemberExpression' || !isSql(callee.object, scope)) return null
  return memberName(callee)
}

const importsSlonik = (scope: ExtractionScope): boolean =>
  /['"]slonik(\/[^'"]*)?['"]/.test(scope.sourceCode.text)

/** Nothing says that the receiver is another library's. */
export function mayBePool(definition: Definition): boolean {
  return !(definition.kind === 'import' && !definition.local && definition.module !== 'slonik')
}
