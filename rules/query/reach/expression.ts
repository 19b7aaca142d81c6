import type { TSESTree } from '@typescript-eslint/utils'
import { unwrap } from '../../source/children.ts'
import type { QueryContext } from '../context.ts'
import { calleeName } from '../../source/callee.ts'
import { placeIn } from './places.ts'
import { makers } from '../../provenance/makers.ts'

/** The values that an expression is made of; null when it is one value itself. */
export function partsOf(node: TSESTree.Node, file: QueryContext): readonly TSESTree.Node[] | null {
  switch (node.type) {
    case 'TemplateLiteral':
      return node.expressions
    case 'BinaryExpression':
      return [node.left, node.right]
    case 'ConditionalExpression':
      return [node.consequent, node.alternate]
    case 'LogicalExpression':
      return [node.left, node.right]
    case 'ArrayExpression':
      return node.elements.filter((one) => one !== null)
    case 'SpreadElement':
      return [node.argument]
    case 'ObjectExpression':
      return (file.scope.objectOf(node)?.properties ?? []).map(({ value }) => value)
    case 'NewExpression':
      return node.arguments
    case 'CallExpression': {
      const callee = unwrap(node.callee)
      const name = calleeName(node) ?? ''
      if (callee.type === 'MemberExpression' && name === 'concat') return [callee.object, ...node.arguments]
      if (callee.type === 'MemberExpression' && carries.test(name)) return [callee.object]
      return makers.test(name) ? node.arguments : null
    }
    default:
      return null
  }
}

/** Methods whose result is made of what they are called on; `get` and `find` may look something up, and are none here. */
const carries =
  /^(?:map|filter|flatMap|flat|slice|sort|toSorted|trim|toLowerCase|toUpperCase|toString|split|join|replace|replaceAll|substring|at|pop|shift)$/

/** What `schema.parse(input).id` takes of `input`: the members that it takes of the call, without those of what a schema that does not throw wraps its answer in. */
export function membersTaken(
  made: TSESTree.Node,
  path: readonly string[],
  file: QueryContext,
): readonly string[] {
  if (made.type !== 'CallExpression' || partsOf(made, file) === null) return []
  const members = path.slice(placeIn(made, file).path.length)
  const wraps = /^(?:safeParse|validate)/.test(calleeName(made) ?? '')
  return wraps && /^(?:data|value|output)$/.test(members[0] ?? '') ? members.slice(1) : members
}

/** What in the text of a function shows that it looks something up, or writes rows and answers with them. */
export function looksUp(text: string): boolean {
  return direct.test(text) || writes.test(text) || asks.test(text)
}

const direct =
  /\.(?:find\w*|select\w*|query\w*|execute\w*|where|get|fetch|one|any|many|first|insert\w*|upsert\w*|returning\w*|onConflict\w*)\s*[(<`]|\bfetch\(|\bsql`/

/** `db.task.update(…)` answers with the row that it wrote. */
const writes = /\w\.\w+\.(?:create|update|upsert|delete|count|aggregate)\w*\(/

/** A function that waits for a look-up of another one, and not for what was sent. */
const asks =
  /\bawait\s+(?:\w+\.)*(?:get|find|fetch|load|resolve)(?!\w*(?:Body|Json|Form|Quer|Param|Input|Request|Header|Cookie|Payload))[A-Z]\w*\(/

/** `HOUSE_ACCOUNT_ID`, `PageKind.LANDING`: what is written so is the same in every request. */
export function isConstantName(node: TSESTree.Node): boolean {
  if (node.type === 'Identifier') return /^[A-Z][A-Z\d]*(?:_[A-Z\d]+)+$/.test(node.name)
  if (node.type !== 'MemberExpression' || node.computed) return false
  const { object, property } = node
  const isOfType = object.type === 'Identifier' && /^[A-Z]\w*$/.test(object.name)
  return isOfType && property.type === 'Identifier' && /^[A-Z]\w*$/.test(property.name)
}
