import type { CallNode } from '../query/library.ts'
import { contains, functionAround } from '../source/children.ts'
import type { FileView } from './file.ts'
import { sentStatements } from './sent.ts'

/** A statement by which the connection sees other rows than before. */
export interface PrivilegeChange {
  readonly node: CallNode
  /** `role`: another role is taken. `reset`: the role of the login comes back. `off`: policies no longer apply. */
  readonly kind: 'role' | 'reset' | 'off'
  /** The role as written; null where it is only known at run time. */
  readonly role: string | null
}

const start = /(?:^|;)\s*/.source
const level = /(?:(?:session|local)\s+)?/.source
const name = /(?:to\s+|=\s*)?("[^"]+"|'[^']+'|[\w$]+)/.source

const patterns: readonly { readonly kind: PrivilegeChange['kind']; readonly text: RegExp }[] = [
  {
    kind: 'off',
    text: new RegExp(`${start}set\\s+${level}row_security\\s*(?:=|to)\\s*'?(?:off|false|no|0)\\b`, 'i'),
  },
  { kind: 'off', text: /\bset_config\s*\(\s*'row_security'\s*,\s*'(?:off|false|no|0)'/i },
  { kind: 'reset', text: new RegExp(`${start}reset\\s+(?:role|session\\s+authorization)\\b`, 'i') },
  { kind: 'role', text: new RegExp(`${start}set\\s+${level}role\\s+${name}`, 'i') },
  { kind: 'role', text: new RegExp(`${start}set\\s+${level}session\\s+authorization\\s+${name}`, 'i') },
  { kind: 'role', text: /\bset_config\s*\(\s*'(?:role|session_authorization)'\s*,\s*('[^']*'|\$1)/i },
]

/** The statements of the file that change what the connection may see. */
export function privilegeChanges(file: FileView): readonly PrivilegeChange[] {
  return sentStatements(file).flatMap(({ node, text }): PrivilegeChange[] => {
    const found = patterns.flatMap(({ kind, text: pattern }) => {
      const match = pattern.exec(text)
      return match === null ? [] : [{ kind, written: match[1]?.replaceAll(/["']/g, '') ?? null }]
    })[0]
    if (found === undefined) return []
    const { kind, written } = found
    if (kind === 'role' && /^(none|default)$/i.test(written ?? ''))
      return [{ node, kind: 'reset', role: null }]
    return [{ node, kind, role: written === null || written.includes('$') ? null : written }]
  })
}

const privileged =
  /(?:^|_)(?:admins?|administrator|owner|superuser|root|postgres|service_role|migrat\w*|bypass\w*|operator|backup|maintenance)(?:_|$)/i

/** Is a role by its name one that policies do not hold? */
export const isPrivileged = (role: string): boolean => privileged.test(role)

/** Does the same function query what tenants own after the statement? Without that, giving a role back ends its use. */
export function isQueriedAfter({ node }: PrivilegeChange, file: FileView): boolean {
  const around = functionAround(node)
  return (file.queries?.sites ?? []).some(
    (site) =>
      site.node.range[0] > node.range[1] &&
      (around === null || contains(around, site.node)) &&
      site.queries.some(({ occurrences }) =>
        occurrences.some(({ ownership: { kind } }) => kind === 'owned' || kind === 'through'),
      ),
  )
}
