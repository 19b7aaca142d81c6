import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../source/binding.ts'
import { unwrap } from '../source/children.ts'
import type { Declared, Follower, Term } from '../source/term.ts'

/** One field of `relations(…)`: where it leads, and the pairs of properties that join, where it says so. */
export interface DrizzleRelation {
  readonly from: Declared
  readonly field: string
  readonly to: Declared
  readonly many: boolean
  /** `relationName` or `alias`, which tells apart several relations between the same two tables. */
  readonly name: string | null
  readonly on: readonly (readonly [string, string])[]
  /** Goes through a link table, so no column joins the two directly. */
  readonly through: boolean
}

/** Reads `relations(table, ({ one, many }) => …)` and `defineRelations(schema, (r) => …)`. */
export class DrizzleRelationReader {
  readonly #follower: Follower
  readonly #byConstant: ReadonlyMap<string, Declared>

  constructor(follower: Follower, byConstant: ReadonlyMap<string, Declared>) {
    this.#follower = follower
    this.#byConstant = byConstant
  }

  read(call: Term): DrizzleRelation[] {
    const { node } = call
    if (node.type !== 'CallExpression') return []
    const made = this.#follower.packageExport({ ...call, node: node.callee })?.name
    const [first, second] = node.arguments.map((argument) => ({ ...call, node: argument as TSESTree.Node }))
    if (first === undefined || second === undefined) return []
    if (made === 'relations') return this.#ofTable(first, second)
    return made === 'defineRelations' || made === 'defineRelationsPart' ? this.#ofSchema(second) : []
  }

  #ofTable(table: Term, callback: Term): DrizzleRelation[] {
    const from = this.#follower.declared(table)
    if (from === null) return []
    return this.#follower
      .entries(this.#follower.body(callback), () => undefined)
      .flatMap(([field, value]) => {
        const call = this.#follower.follow(value)
        if (call.node.type !== 'CallExpression') return []
        const kind = calledName(call.node)
        const [target, options] = call.node.arguments.map((one) => ({ ...call, node: one as TSESTree.Node }))
        const to = target === undefined ? null : this.#follower.declared(target)
        if (to === null || (kind !== 'one' && kind !== 'many')) return []
        return [
          {
            from,
            field,
            to,
            many: kind === 'many',
            through: false,
            ...this.#pairs(options, 'fields', 'references', 'relationName'),
          },
        ]
      })
  }

  /** `users: { posts: r.many.posts({ from: r.users.id, to: r.posts.ownerId }) }`. */
  #ofSchema(callback: Term): DrizzleRelation[] {
    return this.#follower
      .entries(this.#follower.body(callback), () => undefined)
      .flatMap(([table, fields]) => {
        const from = this.#byConstant.get(table)
        return from === undefined
          ? []
          : this.#follower
              .entries(fields, () => undefined)
              .flatMap(([field, value]) => this.#schemaField(from, field, value))
      })
  }

  #schemaField(from: Declared, field: string, value: Term): DrizzleRelation[] {
    const call = this.#follower.follow(value)
    const callee = call.node.type === 'CallExpression' ? unwrap(call.node.callee) : null
    if (call.node.type !== 'CallExpression' || callee?.type !== 'MemberExpression') return []
    const kind = callee.object.type === 'MemberExpression' ? memberName(callee.object) : null
    const to = this.#byConstant.get(memberName(callee) ?? '')
    if (to === undefined || (kind !== 'one' && kind !== 'many')) return []
    const [options] = call.node.arguments.map((one) => ({ ...call, node: one as TSESTree.Node }))
    const through = options !== undefined && /\.through\s*\(/.test(textOf(options))
    const pairs = this.#pairs(options, 'from', 'to', 'alias')
    return [{ from, field, to, many: kind === 'many', through, ...pairs, ...(through ? { on: [] } : {}) }]
  }

  #pairs(
    options: Term | undefined,
    near: string,
    far: string,
    alias: string,
  ): Pick<DrizzleRelation, 'on' | 'name'> {
    if (options === undefined) return { on: [], name: null }
    const object = this.#follower.follow(options)
    const name = this.#follower.property(object, alias)
    const left = this.#columns(this.#follower.property(object, near))
    const right = this.#columns(this.#follower.property(object, far))
    return {
      name: name === null ? null : this.#follower.text(name),
      on: left.length === right.length ? left.map((one, index) => [one, right[index]!] as const) : [],
    }
  }

  /** Properties of `[t.a, t.b]` or of a single `t.a`. */
  #columns(list: Term | null): string[] {
    if (list === null) return []
    const items = list.node.type === 'ArrayExpression' ? this.#follower.items(list, () => undefined) : [list]
    return items.flatMap(({ node }) => {
      const bare = unwrap(node)
      return bare.type === 'MemberExpression' ? (memberName(bare) ?? []) : []
    })
  }
}

/** `one` of `one(…)` or `helpers.one(…)`. */
function calledName({ callee }: TSESTree.CallExpression): string | null {
  const bare = unwrap(callee)
  if (bare.type === 'Identifier') return bare.name
  return bare.type === 'MemberExpression' ? memberName(bare) : null
}

function textOf({ node, module }: Term): string {
  return module.text.slice(...node.range)
}
