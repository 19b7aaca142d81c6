import { memberName } from '../source/binding.ts'
import { unwrap } from '../source/children.ts'
import type { QueryOrOpaque } from './query.ts'

/** Methods by which builders and ORMs send text. */
const rawMethods = /^(\$(query|execute)Raw(Unsafe)?|\$queryRawTyped|query|raw|execute)$/

/** Is the statement written as SQL text? The drivers take nothing else. */
export function isRawSql({ library, node }: QueryOrOpaque): boolean {
  if (library === 'pg' || library === 'postgres-js' || library === 'slonik') return true
  const call = unwrap(node, true)
  if (call.type === 'TaggedTemplateExpression') return true
  if (call.type !== 'CallExpression') return false
  const callee = unwrap(call.callee)
  if (callee.type !== 'MemberExpression' || !rawMethods.test(memberName(callee) ?? '')) return false
  // `sql\`…\`.execute(db)`: a builder's own `execute` takes nothing.
  return memberName(callee) !== 'execute' || call.arguments.length > 0
}
