import type { TSESLint, TSESTree } from '@typescript-eslint/utils'
import { decisionsTo } from '../../provenance/writes.ts'
import { below, someBelow } from '../../source/below.ts'
import { contains, unwrap } from '../../source/children.ts'
import { memberName } from '../../source/binding.ts'
import { variableOf } from '../../source/module.ts'
import type { QueryContext } from '../context.ts'
import { answersTenant, endsInTenantId, tenantNames } from './actor.ts'
import { calleeName } from '../../source/callee.ts'
import { looksUp } from './expression.ts'
import { elementsKept } from './kept-rows.ts'
import { onlyTells } from './refusal.ts'
import { isValueUse } from './value-use.ts'

/** What a function does with rows that a call has read: where their tenant goes, through variables and further look-ups. */
export class RowTrail {
  readonly #call: TSESTree.CallExpression
  readonly #file: QueryContext
  /** Roots of the call, and of what was looked up by its rows. */
  readonly #roots: Set<string>
  /** Rows that one pass over all of them keeps or drops: `rows = rows.filter((row) => …)`. */
  readonly #elements: ReadonlySet<string>
  /** The key of the tenants, where the rows are tenants themselves. */
  readonly #tenantKey: string | null
  /** Variables that are given the tenant of a row. */
  readonly #tenants = new Set<TSESLint.Scope.Variable>()

  /** Variables that are given the row itself on one way or another, and nothing else after it. */
  readonly #rows = new Set<TSESLint.Scope.Variable>()

  private constructor(call: TSESTree.CallExpression, root: string, file: QueryContext) {
    this.#call = call
    this.#file = file
    this.#roots = new Set([root])
    this.#elements = elementsKept(call, file)
    this.#tenantKey = tenantKeyOf(call, file)
  }

  /** Null: what the call returns cannot be told from other values. */
  static of(call: TSESTree.CallExpression, around: TSESTree.Node, file: QueryContext): RowTrail | null {
    const before = trails.get(file)?.get(call)
    if (before !== undefined) return before
    const root = file.proofs.identities.of(call)?.root
    const trail = root === undefined ? null : new RowTrail(call, root, file)
    if (trail !== null) trail.#follow(around)
    const ofFile = trails.get(file) ?? new WeakMap<TSESTree.Node, RowTrail | null>()
    trails.set(file, ofFile.set(call, trail))
    return trail
  }

  /** The tenant of a row: a member of that name, or a variable that was given it. */
  leadsToTenant(node: TSESTree.Node): boolean {
    const { tenancy } = this.#file
    const names = tenantNames(tenancy)
    // `select({ reportTeamId: reports.teamId })` names the tenant of a row that it is joined with.
    const isTenantName = (name: string): boolean => names.test(name) || endsInTenantId(name, tenancy)
    if (node.type === 'MemberExpression') {
      const identity = this.#identityOf(node)
      if (identity?.path.some(isTenantName) === true) return true
      if (identity !== null && this.#tenantKey !== null && isKeyOfRow(identity.path, this.#tenantKey))
        return true
      if (this.#isRow(node.object) && names.test(memberName(node) ?? '')) return true
      // `owners.length` of a variable that was given the tenants.
      return node.object.type === 'Identifier' && this.#isTenant(node.object)
    }
    if (node.type !== 'Identifier' || !isValueUse(node)) return false
    if (this.#isTenant(node)) return true
    const path = this.#identityOf(node)?.path
    if (path === undefined) return false
    return path.length === 0 ? this.#isNamedTenant(node.name) : path.some(isTenantName)
  }

  /** A row, a member of one, or what holds its tenant. */
  belongs(node: TSESTree.Node): boolean {
    if (node === this.#call) return true
    if (node.type === 'CallExpression' || !isValueUse(node)) return false
    if (this.#isRow(node.type === 'MemberExpression' ? node.object : node)) return true
    return this.#identityOf(node) !== null || (node.type === 'Identifier' && this.#isTenant(node))
  }

  #identityOf(node: TSESTree.Node): { readonly path: readonly string[] } | null {
    const identity = this.#file.proofs.identities.of(node)
    if (identity === null) return null
    if (this.#roots.has(identity.root)) return identity
    return this.#elements.has(identity.root) ? identity : null
  }

  #isTenant(node: TSESTree.Identifier): boolean {
    if (this.#tenants.size === 0) return false
    const variable = variableOf(this.#file.scope.sourceCode, node)
    return variable !== null && this.#tenants.has(variable)
  }

  #isRow(given: TSESTree.Node): boolean {
    if (this.#rows.size === 0) return false
    const node = unwrap(given)
    const variable = node.type === 'Identifier' ? variableOf(this.#file.scope.sourceCode, node) : null
    return variable !== null && this.#rows.has(variable)
  }

  /** A variable that is given the whole answer of the call. */
  #isNamedTenant(variable: string): boolean {
    const { tenancy } = this.#file
    if (tenantNames(tenancy).test(variable) || endsInTenantId(variable, tenancy)) return true
    return answersTenant(calleeName(this.#call), tenancy)
  }

  /** A function that looks something up whenever the rows are read: `findProjectById(environment.projectId)`. */
  #isHelpersLookUp(call: TSESTree.CallExpression): boolean {
    const { scope } = this.#file
    const definition = scope.definitionOf(call.callee)
    if (definition.kind !== 'function' || onlyTells(calleeName(call) ?? '')) return false
    const text = scope.textOf(definition.node, definition.module)
    if (text === null || !looksUp(text)) return false
    return decisionsTo(call, this.#call, scope.sourceCode.text).length === 0
  }

  /** In source order: what is given to variables, and what is looked up by a row. */
  #follow(around: TSESTree.Node): void {
    for (const node of below(around)) {
      if (node.range[1] <= this.#call.range[0]) continue
      if (node.type === 'AssignmentExpression' && node.left.type === 'Identifier') {
        this.#give(node.left, node.right)
      }
      if (node.type === 'VariableDeclarator' && node.init !== null) {
        if (node.id.type === 'Identifier') this.#give(node.id, node.init)
        this.#lookUp(node.init)
      }
    }
  }

  #give(target: TSESTree.Identifier, value: TSESTree.Node): void {
    const itself = unwrap(value, true) === this.#call
    const holds = itself
      ? this.#isNamedTenant(target.name)
      : !isCall(value) && someBelow(value, (inner) => this.leadsToTenant(inner))
    const variable = holds || itself ? variableOf(this.#file.scope.sourceCode, target) : null
    if (variable === null) return
    if (holds) this.#tenants.add(variable)
    else if (isLastGiven(variable, target)) this.#rows.add(variable)
  }

  /** `const [task] = await db.select(…).where(eq(tasks.id, relation.taskId))`: the tenant of what a row belongs to is its own. */
  #lookUp(value: TSESTree.Node): void {
    const call = unwrap(value, true)
    if (call.type !== 'CallExpression' || call === this.#call) return
    const isByRow = someBelow(
      call,
      (inner) => inner.type === 'MemberExpression' && this.#identityOf(inner) !== null,
    )
    const isLookUp = isByRow && (isQuery(call, this.#file) || this.#isHelpersLookUp(call))
    const root = isLookUp ? this.#file.proofs.identities.of(call)?.root : undefined
    if (root !== undefined) this.#roots.add(root)
  }
}

/** The rows of a read are asked for by every query after it. */
const trails = new WeakMap<QueryContext, WeakMap<TSESTree.Node, RowTrail | null>>()

const isCall = (node: TSESTree.Node): boolean => unwrap(node, true).type === 'CallExpression'

/** `team.id`, `teams[0].id` */
const isKeyOfRow = (path: readonly string[], key: string): boolean =>
  path.filter((name) => name !== '*').join('.') === key

function tenantKeyOf(call: TSESTree.CallExpression, { proofs }: QueryContext): string | null {
  const ownership = proofs.sites.at(call)?.queries[0]?.occurrences[0]?.ownership
  return ownership?.kind === 'root' ? ownership.key : null
}

function isQuery(call: TSESTree.CallExpression, { proofs }: QueryContext): boolean {
  return proofs.sites.ofCall(call) !== undefined
}

/** Is a variable given nothing after this, unless on a way that excludes it: `if (id) row = await byId(id) else row = await bySlug(slug)`? */
const isLastGiven = ({ references }: TSESLint.Scope.Variable, target: TSESTree.Identifier): boolean =>
  references.every(
    (one) => !one.isWrite() || one.identifier.range[0] <= target.range[0] || areApart(target, one.identifier),
  )

/** Do two nodes stand in different branches of one test? */
function areApart(one: TSESTree.Node, other: TSESTree.Node): boolean {
  for (let child = one; child.parent != null; child = child.parent) {
    const { parent } = child
    if (!contains(parent, other)) continue
    return (
      parent.type === 'IfStatement' &&
      child === parent.consequent &&
      parent.alternate !== null &&
      contains(parent.alternate, other)
    )
  }
  return false
}
