import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../../source/binding.ts'
import { childrenOf, unwrap } from '../../source/children.ts'
import { isConstant, linted } from '../../source/module.ts'
import type { Identities } from '../identity.ts'
import type { ExtractionScope } from '../library.ts'

const actorWords =
  /^(session|(current|auth|signedIn|logged|session)?_?user(s|_?id|Data)?|actor|viewer|auth|principal|identity|claims|jwt|me|account(Id)?|token|api_?key|caller)$/i

/** The names that an expression leads through: those of its members and of the calls on the way, not those of what the calls are given. */
function namesOf(given: TSESTree.Node): readonly string[] {
  const node = unwrap(given, true)
  switch (node.type) {
    case 'Identifier':
      return [node.name]
    case 'MemberExpression':
      return [...namesOf(node.object), memberName(node) ?? '']
    case 'CallExpression':
      return namesOf(node.callee)
    default:
      return []
  }
}

/** Does the expression stand for who is signed in? What the request itself says of that is a claim. */
export function isActor(node: TSESTree.Node, scope: ExtractionScope): boolean {
  const bare = unwrap(node, true)
  if (bare.type !== 'Identifier' && bare.type !== 'MemberExpression') return false
  const found = scope.provenanceOf(bare)
  if (found.kind === 'trusted') return true
  if (found.kind === 'request' || found.kind === 'literal' || isColumn(bare, scope)) return false
  return [...namesOf(bare), ...found.path.split(/[^\w$]+/)].some((one) => actorWords.test(one))
}

/** `members.userId`, `schema.members.userId`: a column of an imported table is the same whoever is signed in. */
function isColumn(node: TSESTree.Node, { sourceCode, filename, tenancy }: ExtractionScope): boolean {
  let root = node
  while (root.type === 'MemberExpression') root = unwrap(root.object, true)
  const isImported =
    root.type === 'Identifier' && linted(sourceCode, filename).bindingOf(root)?.kind === 'import'
  return (
    isImported &&
    namesOf(node)
      .slice(0, -1)
      .some((name) => tenancy.find(name) !== null)
  )
}

/** What an expression is made of: its parts, and those of the values behind the constants in it. */
export class Parts {
  readonly #scope: ExtractionScope
  readonly #identities: Identities
  readonly #actors = new Map<TSESTree.Node, boolean>()

  constructor(scope: ExtractionScope, identities: Identities) {
    this.#scope = scope
    this.#identities = identities
  }

  /** Does the expression speak of the tenant value? */
  ofTenant(node: TSESTree.Node, tenant: TSESTree.Node): boolean {
    return this.#some(node, (part) => this.#isSame(part, tenant))
  }

  ofActor(node: TSESTree.Node): boolean {
    const known = this.#actors.get(node)
    if (known !== undefined) return known
    const found = this.#some(node, (part) => isActor(part, this.#scope))
    this.#actors.set(node, found)
    return found
  }

  #isSame(part: TSESTree.Node, tenant: TSESTree.Node): boolean {
    const named = part.type === 'Identifier' || part.type === 'MemberExpression'
    return named && this.#identities.areSame(part, tenant)
  }

  #some(node: TSESTree.Node, is: (part: TSESTree.Node) => boolean): boolean {
    const seen = new Set<TSESTree.Node>()
    const visit = (at: TSESTree.Node, depth: number): boolean => {
      if (seen.has(at) || depth > depthLimit) return false
      seen.add(at)
      if (is(at)) return true
      const value = at.type === 'Identifier' ? this.#valueOf(at) : null
      if (value !== null && visit(value, depth + 1)) return true
      return childrenOf(at).some((child) => !isNameIn(at, child) && visit(child, depth))
    }
    return visit(node, 0)
  }

  /** What a constant was made of; a property name or a parameter is none. */
  #valueOf(node: TSESTree.Identifier): TSESTree.Node | null {
    const { sourceCode, filename } = this.#scope
    if (!isConstant(sourceCode, node)) return null
    const binding = linted(sourceCode, filename).bindingOf(node)
    return binding?.kind === 'variable' ? binding.declarator.init : null
  }
}

/** `teamId` in `row.teamId` and in `{ teamId: value }` names a member: it is no use of a variable of that name. */
function isNameIn(parent: TSESTree.Node, child: TSESTree.Node): boolean {
  if (parent.type === 'MemberExpression') return parent.property === child && !parent.computed
  return parent.type === 'Property' && parent.key === child && !parent.computed && !parent.shorthand
}

/** Constants are followed through so many others. */
const depthLimit = 4
