import type { TSESTree } from '@typescript-eslint/utils'
import type { Definition } from '../../source/definition.ts'
import { unwrap } from '../../source/children.ts'
import type { QueryContext } from '../context.ts'

/** Constants that are made of constants: a procedure of a procedure of a procedure. */
const depthLimit = 4

/** The texts of what a name or a call leads to: the function, the class, or the chain that a constant was made by. */
export function textsOf(node: TSESTree.Node, file: QueryContext): readonly string[] {
  const named = node.type === 'CallExpression' ? unwrap(node.callee) : node
  return textsOfDefinition(file.scope.definitionOf(named), file, 0)
}

function textsOfDefinition(definition: Definition, file: QueryContext, depth: number): readonly string[] {
  if (depth > depthLimit) return []
  switch (definition.kind) {
    case 'function':
    case 'class':
    case 'value': {
      const text = file.scope.textOf(definition.node, definition.module)
      return text === null ? [] : [text]
    }
    case 'call': {
      const text = file.scope.textOf(definition.node, definition.module)
      const handed = definition.node.arguments.flatMap((argument) =>
        argument.type === 'Identifier' || argument.type === 'MemberExpression'
          ? textsOfDefinition(file.scope.definitionIn(argument, definition.module), file, depth + 1)
          : [],
      )
      const made = textsOfDefinition(definition.callee, file, depth + 1)
      return [...(text === null ? [] : [text]), ...handed, ...made]
    }
    case 'member':
      return textsOfDefinition(definition.object, file, depth)
    default:
      return []
  }
}
