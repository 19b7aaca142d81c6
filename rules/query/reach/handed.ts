import type { TSESTree } from '@typescript-eslint/utils'
import { someBelow } from '../../source/below.ts'
import { unwrap } from '../../source/children.ts'
import type { QueryContext } from '../context.ts'
import { type Identity, isEqual } from '../identity.ts'
import { isLogin } from './actor.ts'
import { calleeName } from '../../source/callee.ts'
import { partsOf } from './expression.ts'
import { isValueUse } from './value-use.ts'

/** What picks rows: a value, or a member of it where it is handed on as a whole. */
export interface Picking {
  readonly value: TSESTree.Node
  readonly members: readonly string[]
  /** Without a value no row is picked, rather than every row. */
  readonly absentPicksNone: boolean
}

/** A value by itself, which must be checked whether it is there or not. */
export const alone = (value: TSESTree.Node): Picking => ({ value, members: [], absentPicksNone: false })

/** What is known of calls, for all expressions that are the same value. */
interface Answers {
  readonly handed: Map<TSESTree.Node, boolean>
  readonly read: Map<TSESTree.Node, boolean>
}

const answers = new WeakMap<QueryContext, Map<string, Answers>>()

/** A value that picks rows, to be found again among the arguments of calls. */
export class Handed {
  readonly #value: TSESTree.Node
  readonly #members: readonly string[]
  readonly #identity: Identity | null
  readonly #file: QueryContext
  readonly #answers: Answers

  constructor({ value, members }: Picking, file: QueryContext) {
    this.#value = value
    this.#file = file
    this.#members = members.filter((name) => name !== '*')
    const { identities } = file.proofs
    const whole = identities.of(value)
    this.#identity = whole === null ? null : { ...whole, path: [...whole.path, ...this.#members] }
    this.#answers = answersOf(
      file,
      JSON.stringify([told(whole), told(identities.byName(value)), this.#members]),
    )
  }

  /** Is the expression the value itself? */
  is(node: TSESTree.Node): boolean {
    const { identities } = this.#file.proofs
    if (this.#members.length === 0) return identities.areSame(node, this.#value)
    const other = identities.of(node)
    return other !== null && this.#identity !== null && isEqual(other, this.#identity)
  }

  /** Is the value, or the object that it is a member of, among the arguments? */
  isHandedTo(call: TSESTree.CallExpression): boolean {
    const { handed } = this.#answers
    const found =
      handed.get(call) ??
      call.arguments.some((argument) => someBelow(argument, (node) => this.#isValue(node)))
    handed.set(call, found)
    return found
  }

  isReadFor(call: TSESTree.CallExpression): boolean {
    const { read } = this.#answers
    const found =
      read.get(call) ??
      call.arguments.some((argument) => someBelow(argument, (node) => this.#isReadByIt(node)))
    read.set(call, found)
    return found
  }

  #isValue(node: TSESTree.Node): boolean {
    if (!isValueUse(node)) return false
    const { identities } = this.#file.proofs
    if (this.is(node)) return true
    const other = this.#identity === null ? null : identities.of(node)
    if (other === null || this.#identity === null || other.root !== this.#identity.root) return false
    if (node.parent?.type === 'MemberExpression' && node.parent.object === node) return false
    return other.path.every((name, index) => name === this.#identity!.path[index])
  }

  /** Is the expression the value, an object that it is a member of, or a row that was read by it? */
  tells(node: TSESTree.Node): boolean {
    return this.#isValue(node) || this.#isReadByIt(node)
  }

  /** A row, or a member of one, that was read by the value. */
  #isReadByIt(node: TSESTree.Node): boolean {
    if (!isValueUse(node)) return false
    const call = this.#file.proofs.identities.of(node)?.call ?? null
    // `schema.parse(input)` and `getSession(request)` read no row: what they give is what was sent, and who sent it.
    if (call === null || partsOf(call, this.#file) !== null || isLogin(calleeName(call) ?? '')) return false
    return this.isHandedTo(call)
  }

  keyName(): string | null {
    const last = this.#identity?.path.filter((name) => name !== '*').at(-1)
    if (last !== undefined) return last
    const [name] = this.#members.slice(-1)
    if (name !== undefined) return name
    const bare = unwrap(this.#value)
    return bare.type === 'Identifier' ? bare.name : null
  }

  /** The value by its members, as far as it can be told: `input.projectId`. */
  path(): string {
    const provenance = this.#file.scope.provenanceOf(this.#value)
    return provenance.kind === 'literal' ? '' : [provenance.path, ...this.#members].join('.')
  }
}

const told = (identity: Identity | null): readonly string[] | null =>
  identity === null ? null : [identity.root, ...identity.path]

function answersOf(file: QueryContext, key: string): Answers {
  const ofFile = answers.get(file) ?? new Map<string, Answers>()
  answers.set(file, ofFile)
  const known = ofFile.get(key) ?? { handed: new Map(), read: new Map() }
  ofFile.set(key, known)
  return known
}
