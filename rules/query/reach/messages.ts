import type { TSESTree } from '@typescript-eslint/utils'
import { belowOf } from '../../source/below.ts'
import type { FunctionNode } from '../../source/binding.ts'
import { childrenOf, unwrap } from '../../source/children.ts'
import type { QueryContext } from '../context.ts'
import type { ParameterPlace } from './argument.ts'
import type { Caller } from './callers.ts'
import type { SideFiles } from './side-files.ts'

const handler = /^(?:Command|Query|Events?)Handler$/

/**
 * What a bus hands to a method: `@CommandHandler(RenameProject) class … { execute(command) … }`. The classes of its messages; empty for a
 * function that is called by name. https://docs.nestjs.com/recipes/cqrs
 */
export function messagesOf(node: FunctionNode): readonly TSESTree.Identifier[] {
  const method = node.parent
  if (method.type !== 'MethodDefinition' || method.key.type !== 'Identifier') return []
  if (!/^(?:execute|handle)$/.test(method.key.name)) return []
  return method.parent.parent.decorators.flatMap(({ expression }) => {
    if (expression.type !== 'CallExpression' || expression.callee.type !== 'Identifier') return []
    if (!handler.test(expression.callee.name)) return []
    return expression.arguments.filter((one) => one.type === 'Identifier')
  })
}

/** Where messages of a class are made: `bus.execute(new RenameProject(input))`. */
export function makersOf(
  message: TSESTree.Identifier,
  file: QueryContext,
  files: SideFiles,
): readonly Caller[] {
  const target = file.scope.definitionOf(message)
  if (target.kind !== 'class') return []
  return files.project.filesCalling(message.name).flatMap((filename) => {
    const from = files.analysisOf(filename)
    if (from === null) return []
    return belowOf(from.scope.sourceCode.ast, 'NewExpression').flatMap((call) => {
      if (call.callee.type !== 'Identifier' || call.callee.name !== message.name) return []
      const made = from.scope.definitionOf(call.callee)
      return made.kind === 'class' && made.module === target.module ? [{ call, file: from }] : []
    })
  })
}

/** The parameter of a message's constructor that a member of the message holds; null where that is not in sight. */
export function madeBy(
  call: TSESTree.NewExpression,
  place: ParameterPlace,
  { scope }: QueryContext,
): ParameterPlace | null {
  const [name, ...path] = place.path
  const made = scope.definitionOf(call.callee)
  if (name === undefined || made.kind !== 'class') return null
  const { node } = made
  if (node.type !== 'ClassDeclaration' && node.type !== 'ClassExpression') return null
  const constructor = node.body.body.find(
    (one) => one.type === 'MethodDefinition' && one.kind === 'constructor',
  )
  if (constructor?.type !== 'MethodDefinition') return null
  const { params, body } = constructor.value
  const given = params.map((one) => nameIn(one.type === 'TSParameterProperty' ? one.parameter : one))
  const isProperty = params.map((one) => one.type === 'TSParameterProperty')
  const index = given.findIndex(
    (one, at) => (isProperty[at] === true && one === name) || (one !== null && assigns(body, name, one)),
  )
  return index < 0 ? null : { binding: { ...place.binding, index }, path }
}

function nameIn(pattern: TSESTree.Node): string | null {
  if (pattern.type === 'AssignmentPattern') return nameIn(pattern.left)
  return pattern.type === 'Identifier' ? pattern.name : null
}

/** `this.input = given` */
function assigns(body: TSESTree.Node | null | undefined, member: string, given: string): boolean {
  if (body == null) return false
  return childrenOf(body).some((statement) => {
    const assignment = statement.type === 'ExpressionStatement' ? unwrap(statement.expression) : null
    return (
      assignment?.type === 'AssignmentExpression' &&
      assignment.left.type === 'MemberExpression' &&
      assignment.left.object.type === 'ThisExpression' &&
      nameIn(assignment.left.property) === member &&
      nameIn(unwrap(assignment.right)) === given
    )
  })
}
