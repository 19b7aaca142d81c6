import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../source/binding.ts'
import { unwrap } from '../source/children.ts'
import type { Follower, Term } from '../source/term.ts'

/** `root(…).method(…).method(…)`. */
export interface Chain {
  readonly root: Term & { readonly node: TSESTree.CallExpression }
  readonly methods: readonly Method[]
}

/** One call of a chain. */
export interface Method {
  readonly name: string
  readonly arguments: readonly Term[]
}

/** A call that makes a table or view. */
interface TableCall {
  readonly schema: string | null
  readonly kind: 'table' | 'view'
  readonly arguments: readonly Term[]
  readonly secure: boolean
  readonly nameOf: (name: Term) => string | null
}

const maker = /^(?:pg|mysql|sqlite|singlestore|gel|cockroach|mssql)(?:Table|View|MaterializedView)$/
const creator = /^(?:pg|mysql|sqlite|singlestore|gel|cockroach|mssql)TableCreator$/
const schemaMaker = /^(?:pg|mysql|singlestore|gel|cockroach|mssql)Schema$/
/** Takes a chain of calls apart; null for anything else. */
export function chainOf(follower: Follower, term: Term): Chain | null {
  const methods: Method[] = []
  for (let at = follower.follow(term); ;) {
    const { node } = at
    if (node.type !== 'CallExpression') return null
    const callee = unwrap(node.callee)
    const object = callee.type === 'MemberExpression' ? unwrap(callee.object) : null
    const before = object === null ? null : follower.follow({ ...at, node: object })
    if (before?.node.type !== 'CallExpression' || callee.type !== 'MemberExpression') {
      return { root: { ...at, node }, methods: methods.reverse() }
    }
    const values = node.arguments.map((argument) => ({ ...at, node: argument as TSESTree.Node }))
    methods.push({ name: memberName(callee) ?? '', arguments: values })
    at = before
  }
}

/** Does the chain make a table, and with which arguments? */
export function tableCallOf(follower: Follower, { root, methods }: Chain): TableCall | null {
  const values = root.node.arguments.map((argument) => ({ ...root, node: argument as TSESTree.Node }))
  const nameOf = (name: Term) => follower.text(name)
  const callee = { ...root, node: unwrap(root.node.callee) }
  const made = follower.packageExport(callee)?.name ?? ''
  const [method] = methods
  if (schemaMaker.test(made) && method !== undefined && /^(table|view|materializedView)$/.test(method.name)) {
    const schema = values[0] === undefined ? null : nameOf(values[0])
    const kind = method.name === 'table' ? 'table' : 'view'
    return { schema, kind, arguments: method.arguments, secure: false, nameOf }
  }
  const plain = { schema: null, arguments: values, secure: false, nameOf }
  if (maker.test(made)) return { ...plain, kind: made.endsWith('View') ? 'view' : 'table' }
  if (callee.node.type === 'MemberExpression' && memberName(callee.node) === 'withRLS') {
    const object = follower.packageExport({ ...callee, node: callee.node.object })?.name ?? ''
    return maker.test(object) ? { ...plain, kind: 'table', secure: true } : null
  }
  const factory = follower.follow(callee)
  if (factory.node.type !== 'CallExpression') return null
  const created = follower.packageExport({ ...factory, node: factory.node.callee })?.name ?? ''
  if (!creator.test(created)) return null
  const rename = { ...factory, node: factory.node.arguments[0] as TSESTree.Node }
  return { ...plain, kind: 'table', nameOf: () => renamed(follower, rename, root) }
}

/** `pgTableCreator((name) => `app_${name}`)`. */
function renamed(follower: Follower, rename: Term, root: Chain['root']): string | null {
  const callee = follower.follow(rename)
  const body = follower.body(callee)
  return follower.text(follower.within(callee, root.node, root, body.node))
}
