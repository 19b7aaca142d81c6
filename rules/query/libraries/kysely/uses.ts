import type { TSESTree } from '@typescript-eslint/utils'
import { variableOf } from '../../../source/module.ts'
import type { ExtractionScope } from '../../library.ts'

/**
 * Where a builder that is kept in a variable leaves it as a whole: returned, passed on. Empty: it is kept in no variable, or
 * only kept. Null: every use of the variable is a call on it, and each of those calls stands for the statement.
 */
export function usesOf(
  builder: TSESTree.CallExpression,
  scope: ExtractionScope,
): readonly TSESTree.Identifier[] | null {
  const identifier = keeperOf(builder)
  const variable = identifier === null ? null : variableOf(scope.sourceCode, identifier)
  if (variable === null) return []
  const uses: TSESTree.Identifier[] = []
  let called = false
  for (const reference of variable.references) {
    const use = reference.identifier as TSESTree.Identifier
    if (reference.isWrite() && !reference.isRead()) continue
    const { parent } = use
    if (parent.type === 'MemberExpression' && parent.object === use) called = true
    else uses.push(use)
  }
  return uses.length === 0 && called ? null : uses
}

/** The variable that the expression is written to. */
function keeperOf(builder: TSESTree.Node): TSESTree.Identifier | null {
  let at: TSESTree.Node = builder
  for (;;) {
    const { parent }: { parent?: TSESTree.Node } = at
    switch (parent?.type) {
      case 'TSAsExpression':
      case 'TSNonNullExpression':
      case 'TSSatisfiesExpression':
      case 'AwaitExpression':
      case 'ConditionalExpression':
        at = parent
        continue
      case 'VariableDeclarator':
        return parent.init === at && parent.id.type === 'Identifier' ? parent.id : null
      case 'AssignmentExpression':
        return parent.right === at && parent.left.type === 'Identifier' ? parent.left : null
      default:
        return null
    }
  }
}
