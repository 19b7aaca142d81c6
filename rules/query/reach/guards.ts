import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction } from '../../source/binding.ts'
import { childrenOf, contains, unwrap } from '../../source/children.ts'
import { leaves } from '../../provenance/guard.ts'
import { decisionsTo } from '../../provenance/writes.ts'
import type { QueryContext } from '../context.ts'
import { tenantNames } from './actor.ts'
import { guardAround } from './around.ts'
import { calleeName } from './calls.ts'
import { checkedAfter } from './checked-after.ts'
import { Handed } from './handed.ts'
import { isRefusing, looksUpAndRefuses, neverRefusing } from './refusal.ts'
import { statementsBefore } from './statements-before.ts'

/** Values that stand for the actor or its tenant, in the text of an argument list. */
const actorWords =
  /\b(?:ctx|context|session|user|userId|currentUser|req|request|c|auth|apiKey|member|authentication)\b/

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
      if (node.type === 'CallExpression' && this.#isGuard(node) && this.#isOnTheWay(node, at)) found = node
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

  #isGuard(call: TSESTree.CallExpression): boolean {
    const name = calleeName(call)
    if (name === null || neverRefusing(name)) return false
    if (isRefusing(name) && this.#handed.isReadFor(call)) return true
    if (!this.#handed.isHandedTo(call)) return false
    if (isRefusing(name)) return true
    const definition = this.#file.scope.definitionOf(call.callee)
    if (definition.kind !== 'function') return false
    const text = this.#textOf(definition)
    if (text === null || !looksUpAndRefuses(text)) return false
    return this.#namesActor(call)
  }

  #textOf(definition: { readonly node: TSESTree.Node; readonly module: string }): string | null {
    return this.#file.scope.textOf(definition.node, definition.module)
  }

  /** A read by id alone refuses nobody; one that is handed the actor or its tenant may. */
  #namesActor(call: TSESTree.CallExpression): boolean {
    const names = tenantNames(this.#file.tenancy)
    return call.arguments.some((argument) => {
      const text = this.#text.slice(argument.range[0], argument.range[1])
      return actorWords.test(text) || (text.match(/[A-Za-z_$][\w$]*/g) ?? []).some((word) => names.test(word))
    })
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
    return key === null ? null : guardAround(key, at, this.#file)
  }
}
