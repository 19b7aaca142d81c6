import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction, memberName } from '../../source/binding.ts'
import { childrenOf, unwrap } from '../../source/children.ts'
import { classMember } from '../../source/class-member.ts'
import type { Follower, Term } from '../../source/term.ts'
import { type Chain, chainOf } from './chain.ts'

/** What one migration tool's calls do to the schema. */
export interface Tool {
  /** Writes down what a call does. @returns false when it is none of this tool's */
  readonly take: (chain: Chain, walk: MigrationWalk) => boolean
  /** SQL in a tagged template that no call takes. */
  readonly template?: (at: Term) => void
}

/** Beyond this, helpers that call helpers are not followed. */
const depthLimit = 20

/** Code for another database than PostgreSQL: one migration may serve several. */
export const otherDatabase = /sqlite|mysql|maria|mssql|oracle/i

/** Visits what a migration runs, in source order. Loops over constants and helpers in sight are followed. */
export class MigrationWalk {
  readonly #follower: Follower
  readonly #tools: readonly Tool[]
  readonly #owner: TSESTree.Node | null
  #depth = 0

  /** @param owner - the class of which the migration is a method, null for a function */
  constructor(follower: Follower, tools: readonly Tool[], owner: TSESTree.Node | null) {
    this.#follower = follower
    this.#tools = tools
    this.#owner = owner
  }

  /** What the function does. */
  enter(callee: Term): void {
    if (isFunction(callee.node) && callee.node.body !== null) {
      this.#visit({ ...callee, node: callee.node.body })
    }
  }

  /** The same with its first parameter standing for something. */
  callback(callback: Term, argument: Term | null): void {
    if (!isFunction(callback.node)) return
    const given = new Map(callback.given)
    if (argument !== null) given.set(callback.node, [argument])
    this.enter({ ...callback, given })
  }

  #visit(at: Term): void {
    const { node } = at
    if (node.type === 'CallExpression') return this.#call(at, node)
    if (node.type === 'ForOfStatement') return this.#loop(at, node)
    if (node.type === 'IfStatement') return this.#branch(at, node)
    if (node.type === 'TaggedTemplateExpression') {
      for (const tool of this.#tools) tool.template?.(at)
      return
    }
    if (node.type === 'SwitchCase' && node.test !== null && this.#namesOther({ ...at, node: node.test }))
      return
    if (isFunction(node)) return
    for (const child of childrenOf(node)) this.#visit({ ...at, node: child })
  }

  #call(at: Term, node: TSESTree.CallExpression): void {
    const chain = chainOf(at, this.#follower)
    if (this.#tools.some((tool) => tool.take(chain, this))) return this.#afterwards(chain)
    if (this.#depth > depthLimit) return
    this.#depth++
    const callee = this.#calleeOf(at, node)
    if (callee !== null && isFunction(callee.node)) {
      if (callee.node.body !== null) {
        this.#visit(this.#follower.within(callee, node, at, callee.node.body))
      }
    } else if (callee !== null) this.#unknownCall(at, node)
    this.#depth--
  }

  /** `.then(() => …)` of a promise that a tool gave. */
  #afterwards({ links }: Chain): void {
    for (const { name, arguments: given } of links) {
      if (name !== 'then') continue
      for (const callback of given ?? []) this.callback(this.#follower.follow(callback), null)
    }
  }

  /** A function in sight, or a method of the class around; null for one that is there for another database. */
  #calleeOf(at: Term, node: TSESTree.CallExpression): Term | null {
    const callee = unwrap(node.callee)
    if (
      callee.type === 'MemberExpression' &&
      callee.object.type === 'ThisExpression' &&
      this.#owner !== null
    ) {
      const name = memberName(callee) ?? ''
      if (otherDatabase.test(name)) return null
      const member = classMember(this.#owner, name)
      if (member?.kind === 'value') return { ...at, node: member.value }
    }
    return this.#follower.follow({ ...at, node: node.callee })
  }

  /** `names.forEach((name) => …)`, `Promise.all([…])`: callbacks run once for each element that is in sight. */
  #unknownCall(at: Term, node: TSESTree.CallExpression): void {
    const callee = unwrap(node.callee)
    if (callee.type === 'MemberExpression') {
      this.#visit({ ...at, node: callee.object })
      if (['forEach', 'map', 'flatMap'].includes(memberName(callee) ?? '')) {
        const elements = this.#elements({ ...at, node: callee.object })
        const callback = this.#follower.follow({ ...at, node: node.arguments[0] as TSESTree.Node })
        for (const element of elements) this.callback(callback, element)
        return
      }
    }
    for (const argument of node.arguments) {
      const value = { ...at, node: argument as TSESTree.Node }
      if (isFunction(argument)) this.callback(value, null)
      else this.#visit(value)
    }
  }

  #loop(at: Term, node: TSESTree.ForOfStatement): void {
    const elements = this.#elements({ ...at, node: node.right })
    for (const element of elements) {
      this.#visit({ ...at, given: new Map([...at.given, [node.right, [element]]]), node: node.body })
    }
    // Over rows of the database: what the body does to the schema, it does whatever they hold.
    if (elements.length === 0) this.#visit({ ...at, node: node.body })
  }

  #elements(list: Term): Term[] {
    const whole = this.#follower.follow(list)
    return whole.node.type === 'ArrayExpression' ? this.#follower.items(whole, () => undefined) : []
  }

  /** A constant decides; anything else (`hasTable`, the environment) is taken as a fresh database would have it. */
  #branch(at: Term, node: TSESTree.IfStatement): void {
    this.#visit({ ...at, node: node.test })
    const constant = this.#follower.text({ ...at, node: node.test })
    if (constant !== 'false' && !this.#namesOther({ ...at, node: node.test })) {
      this.#visit({ ...at, node: node.consequent })
    }
    if (node.alternate !== null && constant !== 'true') this.#visit({ ...at, node: node.alternate })
  }

  /** `dialect === 'sqlite'`, `case 'mysql'`. */
  #namesOther({ node, module }: Term): boolean {
    const written = module.text.slice(...node.range)
    return otherDatabase.test(written) && !/postgres|!==?|!\s*\w/i.test(written)
  }
}
