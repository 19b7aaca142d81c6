import type { TSESTree } from '@typescript-eslint/utils'
import { childrenOf, unwrap } from '../../source/children.ts'
import { isConstant, linted } from '../../source/module.ts'
import type { Identities } from '../identity.ts'
import type { ExtractionScope } from '../library.ts'

const actorWords =
  /^(session|(current|auth|signedIn|logged|session)?_?user(s|_?id|Data)?|actor|viewer|auth|principal|identity|claims|jwt|me|account(Id)?|token|api_?key|caller)$/i

/** The names in a dotted text. */
const segmentsOf = (text: string): readonly string[] => text.split(/[^\w$]+/)

/** Does the expression stand for who is signed in? What the request itself says of that is a claim. */
export function isActor(node: TSESTree.Node, scope: ExtractionScope): boolean {
  const bare = unwrap(node, true)
  if (bare.type !== 'Identifier' && bare.type !== 'MemberExpression') return false
  const found = scope.provenanceOf(bare)
  if (found.kind === 'trusted') return true
  if (found.kind === 'request' || found.kind === 'literal') return false
  const path = 'path' in found ? found.path : ''
  return [...segmentsOf(scope.sourceCode.getText(bare)), ...segmentsOf(path)].some((one) =>
    actorWords.test(one),
  )
}

/** What an expression is made of: its parts, and those of the values behind the constants in it. */
export class Parts {
  readonly #scope: ExtractionScope
  readonly #identities: Identities

  constructor(scope: ExtractionScope, identities: Identities) {
    this.#scope = scope
    this.#identities = identities
  }

  /** Does the expression speak of the tenant value? */
  ofTenant(node: TSESTree.Node, tenant: TSESTree.Node): boolean {
    return this.#some(node, (part) => this.#isSame(part, tenant))
  }

  ofActor(node: TSESTree.Node): boolean {
    return this.#some(node, (part) => isActor(part, this.#scope))
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
      return childrenOf(at).some((child) => visit(child, depth))
    }
    return visit(node, 0)
  }

  /** What a constant was made of; a property name or a parameter is none. */
  #valueOf(node: TSESTree.Identifier): TSESTree.Node | null {
    const { sourceCode, filename } = this.#scope
    if (node.parent.type === 'MemberExpression' && node.parent.property === node && !node.parent.computed)
      return null
    if (!isConstant(sourceCode, node)) return null
    const binding = linted(sourceCode, filename).bindingOf(node)
    return binding?.kind === 'variable' ? binding.declarator.init : null
  }
}

/** Constants are followed through so many others. */
const depthLimit = 4
