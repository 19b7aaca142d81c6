import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction } from '../../source/binding.ts'
import { childrenOf, contains, unwrap } from '../../source/children.ts'
import { leaves } from '../../provenance/guard.ts'
import { decisionsTo } from '../../provenance/writes.ts'
import type { QueryContext } from '../context.ts'
import { tenantNames } from './actor.ts'
import { guardAround } from './around.ts'
import { declaredAround } from './declared.ts'
import { isAsked, isDiscarded } from './asked.ts'
import { calleeName } from './calls.ts'
import { checkedAfter } from './checked-after.ts'
import { Handed } from './handed.ts'
import { knowsActor } from './handed-actor.ts'
import { isQuestion, isRefusing, neverRefusing, refusalOf } from './refusal.ts'
import { statementsBefore } from './statements-before.ts'

/**
 * The check that a value has passed before `at`: a call that refuses and is handed the value, a comparison of what was read by it, or a
 * guard around the handler that names it. Answers in words; null when there is none.
 */
export function guardOf(value: TSESTree.Node, at: TSESTree.Node, file: QueryContext): string | null {
  const watch = new Watch(value, file)
  return watch.callBefore(at) ?? watch.comparisonBefore(at) ?? watch.checkedReadBefore(at) ?? watch.around(at)
}

class Watch {
  readonly #handed: Handed
  readonly #file: QueryContext
  readonly #text: string

  constructor(value: TSESTree.Node, file: QueryContext) {
    this.#handed = new Handed(value, file)
    this.#file = file
    this.#text = file.scope.sourceCode.text
  }

  /** `await assertAccess(ctx, input.projectId)`, as a statement or as a test that leaves, on every way to `at`. */
  callBefore(at: TSESTree.Node): string | null {
    for (const statement of statementsBefore(at)) {
      const call = this.#guardCallIn(statement, at)
      if (call !== null) return `\`${calleeName(call)}\``
    }
    return null
  }

  #guardCallIn(statement: TSESTree.Node, at: TSESTree.Node): TSESTree.CallExpression | null {
    let found: TSESTree.CallExpression | null = null
    const visit = (node: TSESTree.Node): void => {
      if (found !== null || isFunction(node)) return
      if (node.type === 'CallExpression' && this.#isGuard(node, at) && this.#isOnTheWay(node, at))
        found = node
      for (const child of childrenOf(node)) visit(child)
    }
    visit(statement)
    return found
  }

  #isOnTheWay(call: TSESTree.CallExpression, at: TSESTree.Node): boolean {
    for (
      let parent: TSESTree.Node | undefined = call.parent;
      parent != null && !contains(parent, at);
      parent = parent.parent
    ) {
      if (parent.type === 'CatchClause') return false
    }
    return decisionsTo(call, at, this.#text).length === 0
  }

  #isGuard(call: TSESTree.CallExpression, at: TSESTree.Node): boolean {
    const name = calleeName(call)
    if (name === null || neverRefusing(name)) return false
    const isHanded = this.#handed.isHandedTo(call)
    if (isHanded && Object.hasOwn(this.#file.tenancy.guards, name)) return true
    if (isRefusing(name)) return (isHanded || this.#handed.isReadFor(call)) && !this.#isIdle(call, name)
    if (!isHanded) return false
    const definition = this.#file.scope.definitionOf(call.callee)
    if (definition.kind !== 'function') return false
    const text = this.#file.scope.textOf(definition.node, definition.module)
    const refusal = text === null ? null : refusalOf(text)
    if (text === null || refusal === null || !knowsActor(call, definition, text, this.#file)) return false
    return refusal === 'throws' || isAsked(call, at, this.#file)
  }

  /** A question whose answer is thrown away. */
  #isIdle(call: TSESTree.CallExpression, name: string): boolean {
    if (!isDiscarded(call)) return false
    if (isQuestion(name)) return true
    const definition = this.#file.scope.definitionOf(call.callee)
    const text =
      definition.kind === 'function' ? this.#file.scope.textOf(definition.node, definition.module) : null
    return text !== null && refusalOf(text) === 'answers'
  }

  /** `const row = await getRow(id); if (row.tenantId !== tenant.id) throw …` */
  comparisonBefore(at: TSESTree.Node): string | null {
    for (const statement of statementsBefore(at)) {
      if (statement.type !== 'IfStatement' || !leaves(statement.consequent)) continue
      const compared = this.#comparedIn(statement.test)
      if (compared !== null) return `the comparison of \`${compared}\``
    }
    return null
  }

  #comparedIn(test: TSESTree.Node): string | null {
    const bare = unwrap(test)
    if (bare.type === 'LogicalExpression' && bare.operator === '||') {
      return this.#comparedIn(bare.left) ?? this.#comparedIn(bare.right)
    }
    if (bare.type !== 'BinaryExpression' || !/^!==?$/.test(bare.operator)) return null
    for (const side of [bare.left, bare.right]) {
      const identity = this.#file.proofs.identities.of(side)
      const call = identity?.call ?? null
      const isTenant = tenantNames(this.#file.tenancy).test(identity?.path.at(-1) ?? '')
      const other = side === bare.left ? bare.right : bare.left
      if (call === null || !isTenant || this.#file.scope.provenanceOf(other).kind === 'literal') continue
      if (this.#handed.isHandedTo(call)) return this.#text.slice(side.range[0], side.range[1])
    }
    return null
  }

  /** `const row = await getRow(id)`, then a check of what the row says of its tenant, then the write by the same id. */
  checkedReadBefore(at: TSESTree.Node): string | null {
    for (const statement of statementsBefore(at)) {
      if (statement.type !== 'VariableDeclaration') continue
      for (const { init } of statement.declarations) {
        const call = init === null ? null : unwrap(init, true)
        if (call?.type !== 'CallExpression' || !this.#handed.isHandedTo(call)) continue
        const checked = checkedAfter(call, this.#file, at)
        if (checked !== null) return checked
      }
    }
    return null
  }

  around(at: TSESTree.Node): string | null {
    const key = this.#handed.keyName()
    const declared = declaredAround(this.#handed.path(), at, this.#file)
    return declared ?? (key === null ? null : guardAround(key, at, this.#file))
  }
}
