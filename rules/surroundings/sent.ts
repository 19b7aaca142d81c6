import type { TSESTree } from '@typescript-eslint/utils'
import type { CallNode, ExtractionScope } from '../query/library.ts'
import { memberName } from '../source/binding.ts'
import { unwrap } from '../source/children.ts'
import type { FileView } from './file.ts'
import { originOf } from '../source/origin.ts'

/** SQL text that a call sends, whether or not it is a query. */
export interface SentStatement {
  readonly node: CallNode
  /** The expression that holds the text. */
  readonly source: TSESTree.Node
  /** The text, with `$1` for everything that is put into it. */
  readonly text: string
  readonly client: TSESTree.Node | null
}

type Sent = Omit<SentStatement, 'text'>

/** Methods that send SQL text. */
export const senders =
  /^(query|execute|exec|raw|unsafe|none|any|one|oneOrNone|many|manyOrNone|\$(execute|query)Raw(Unsafe)?|queryRaw|run)$/

/** Everything in the file that may be sent as SQL text. */
export function sentStatements(file: FileView): readonly SentStatement[] {
  const { scope } = file
  const sent = [
    ...file.all('CallExpression').map((node) => sentBy(node, scope)),
    ...file.all('TaggedTemplateExpression').map((node) => taggedBy(node, scope)),
  ]
  return sent.flatMap((one) => (one === null ? [] : [{ ...one, text: textOf(one.source, scope) ?? '' }]))
}

function sentBy(node: TSESTree.CallExpression, scope: ExtractionScope): Sent | null {
  const callee = unwrap(node.callee)
  if (callee.type !== 'MemberExpression' || !senders.test(memberName(callee) ?? '')) return null
  const [first] = node.arguments
  if (first === undefined || first.type === 'SpreadElement') return null
  const built = unwrap(callee.object)
  // Kysely: sql`…`.execute(trx)
  if (built.type === 'TaggedTemplateExpression') return { node, source: built, client: first }
  const given = scope.resolve(first)
  const named =
    given.type === 'ObjectExpression'
      ? scope.objectOf(given)?.properties.find(({ name }) => name === 'text')?.value
      : first
  return named === undefined ? null : { node, source: named, client: callee.object }
}

/** prisma.$executeRaw`…`, and the tag of postgres.js. A template that is passed on or executed is told by that call. */
function taggedBy(node: TSESTree.TaggedTemplateExpression, scope: ExtractionScope): Sent | null {
  const { parent } = node
  if (parent.type === 'MemberExpression') return null
  if (parent.type === 'CallExpression' && parent.callee !== node && isSender(parent)) return null
  const tag = unwrap(node.tag)
  if (tag.type === 'MemberExpression')
    return senders.test(memberName(tag) ?? '') ? { node, source: node, client: tag.object } : null
  return originOf(scope.definitionOf(tag))?.made === true ? { node, source: node, client: tag } : null
}

function isSender({ callee }: TSESTree.CallExpression): boolean {
  const bare = unwrap(callee)
  return bare.type === 'MemberExpression' && senders.test(memberName(bare) ?? '')
}

/** SQL text with `$1` for everything that is put into it. */
export function textOf(node: TSESTree.Node, scope: ExtractionScope): string | null {
  const value = scope.resolve(node)
  switch (value.type) {
    case 'Literal':
      return typeof value.value === 'string' ? value.value : null
    case 'TemplateLiteral':
      return value.quasis.map((one) => one.value.raw).join('$1')
    case 'TaggedTemplateExpression':
      return textOf(value.quasi, scope)
    case 'BinaryExpression':
      return `${textOf(value.left, scope) ?? '$1'}${textOf(value.right, scope) ?? '$1'}`
    case 'CallExpression':
      return value.arguments[0] === undefined ? null : textOf(value.arguments[0], scope)
    default:
      return null
  }
}
