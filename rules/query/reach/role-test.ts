import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../../source/binding.ts'
import { calleeName } from '../../source/callee.ts'
import { childrenOf, unwrap } from '../../source/children.ts'

/** For whom a test may hold: only for roles that may do everything in their tenant, or only for all others. */
export type RoleTest = 'privileged' | 'others'

/** Roles that a tenant gives to its own members, and that may do everything there. */
const privileged = /^(?:\w+[_-])?(?:owner|admin|administrator|manager)$/i

/** Roles of those who run the service. */
const ofService = /super|platform|system|instance|global|root|staff|operator|site/i

/** Objects whose role may be one in the service, rather than one in a tenant. */
const people = /user|actor|session|account|auth|ctx|context/i

/** Constants that stand for a test; a longer chain is not followed. */
const depthLimit = 3

/** What a test asks of a role: `member.role !== 'owner' && member.role !== 'admin'` holds only for others. Null: something else. */
export function roleTestOf(test: TSESTree.Node, within: TSESTree.Node, depth = 0): RoleTest | null {
  const node = unwrap(test, true)
  switch (node.type) {
    case 'UnaryExpression': {
      const inner = node.operator === '!' ? roleTestOf(node.argument, within, depth) : null
      return inner === null ? null : inner === 'privileged' ? 'others' : 'privileged'
    }
    case 'LogicalExpression': {
      const sides = [node.left, node.right].map((side) => roleTestOf(side, within, depth))
      const decisive = node.operator === '&&' ? 'others' : 'privileged'
      if (sides.includes(decisive)) return decisive
      return sides[0] === sides[1] ? sides[0]! : null
    }
    case 'BinaryExpression': {
      if (!/^[!=]==?$/.test(node.operator)) return null
      const { left, right } = node
      if (!isRole(left, [right]) && !isRole(right, [left])) return null
      return node.operator.startsWith('!') ? 'others' : 'privileged'
    }
    case 'CallExpression': {
      const callee = unwrap(node.callee)
      if (asksForRole(calleeName(node) ?? '', node.arguments)) return 'privileged'
      const [asked] = node.arguments
      if (callee.type !== 'MemberExpression' || memberName(callee) !== 'includes' || asked === undefined)
        return null
      const list = unwrap(callee.object)
      const roles = list.type === 'ArrayExpression' ? list.elements : []
      return roles.length > 0 && isRole(asked, roles) ? 'privileged' : null
    }
    case 'Identifier': {
      const made = depth < depthLimit ? initialOf(node.name, within) : null
      return made === null ? null : roleTestOf(made, within, depth + 1)
    }
    default:
      return null
  }
}

/** `isWorkspaceAdmin(member)`, `isOwner(member.role)`: roles that a tenant gives. */
function asksForRole(name: string, given: readonly TSESTree.Node[]): boolean {
  if (!/^(?:is|has)\w*(?:Owner|Admin|Manager)(?:Role)?$/.test(name) || ofService.test(name)) return false
  const ofTenant = /workspace|org|team|tenant|company|member/i.test(name)
  return ofTenant || given.some((one) => /role$/i.test(nameOf(unwrap(one, true)) ?? ''))
}

/** Is an expression a role in a tenant, compared with those that may do everything there? */
function isRole(node: TSESTree.Node, roles: readonly (TSESTree.Node | null)[]): boolean {
  const side = unwrap(node, true)
  const name = nameOf(side)
  if (name === null || !/role$/i.test(name)) return false
  const written = roles.map((role) => (role === null ? null : writtenRole(unwrap(role))))
  if (!written.every((role) => role !== null && privileged.test(role) && !ofService.test(role))) return false
  const holder = side.type === 'MemberExpression' ? nameOf(unwrap(side.object)) : null
  // The role of a user may be one in the service, unless it is one that only tenants have.
  return holder === null || !people.test(holder) || written.some((role) => /owner$/i.test(role!))
}

/** `'owner'`, `Role.OWNER` */
function writtenRole(node: TSESTree.Node): string | null {
  if (node.type === 'Literal') return typeof node.value === 'string' ? node.value : null
  return node.type === 'MemberExpression' ? memberName(node) : null
}

const nameOf = (node: TSESTree.Node): string | null =>
  node.type === 'Identifier' ? node.name : node.type === 'MemberExpression' ? memberName(node) : null

/** What a constant of the function is made of. */
function initialOf(name: string, node: TSESTree.Node): TSESTree.Node | null {
  if (node.type === 'VariableDeclaration' && node.kind === 'const') {
    const found = node.declarations.find(({ id }) => id.type === 'Identifier' && id.name === name)
    if (found !== undefined) return found.init
  }
  for (const child of childrenOf(node)) {
    const found = initialOf(name, child)
    if (found !== null) return found
  }
  return null
}
