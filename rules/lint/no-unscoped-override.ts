import { relationText } from '../query/advice.ts'
import type { CallSite } from '../query/context.ts'
import type { FileView } from '../surroundings/file.ts'
import {
  type PrivilegeChange,
  isPrivileged,
  isQueriedAfter,
  privilegeChanges,
} from '../surroundings/privilege.ts'
import { type Report, defineFileRule } from '../surroundings/rule.ts'
import { switchedOff } from '../surroundings/switched-off.ts'

interface Options {
  /** Roles that row-level security confines. */
  readonly confinedRoles: readonly string[]
  /** Report also roles of which nothing is known. */
  readonly reportUnknown: boolean
}

/** A way around the filters that all other code has. */
export default defineFileRule<Options>({
  name: 'no-unscoped-override',
  description: 'Disallow clients, roles and switches that see every tenant where nobody has said why',
  evenTenantless: false,
  messages: {
    client:
      '`{{relation}}` is reached through `{{client}}`, which sees every tenant. Use a client that is confined, or say why with `// watertight-ignore reason="…"` or `// watertight-tenantless reason="…"`.',
    scope:
      '`{{relation}}` is queried with the filters of its client switched off (`{{how}}`), and no condition of its own confines it. Leave them on, or say why with `// watertight-ignore reason="…"`.',
    role: 'The connection takes the role `{{role}}`, which policies do not hold. Use a role that row-level security confines, or say why with `// watertight-ignore reason="…"`.',
    unknownRole:
      'The connection takes the role `{{role}}`, and nothing says that row-level security confines it. Name it in `confinedRoles`, or say why with `// watertight-ignore reason="…"`.',
    reset:
      'The connection takes the role of its login again, and the same function goes on to query rows of tenants. Query before it, or say why with `// watertight-ignore reason="…"`.',
    off: 'Row-level security is switched off for the connection (`row_security`). Leave it on, or say why with `// watertight-ignore reason="…"`.',
  },
  schema: {
    confinedRoles: {
      type: 'array',
      items: { type: 'string' },
      description: 'Roles that row-level security confines.',
    },
    reportUnknown: {
      type: 'boolean',
      description: 'Report also roles of which nothing is known.',
    },
  },
  defaults: { confinedRoles: [], reportUnknown: false },
  mentions: () => true,
  check(file, options, report) {
    for (const site of file.queries?.sites ?? []) checkQuery(site, file, report)
    if (!/\brole\b|authorization|row_security/i.test(file.scope.sourceCode.text)) return
    for (const change of privilegeChanges(file)) checkChange(change, file, options, report)
  },
})

function checkQuery(site: CallSite, file: FileView, report: Report): void {
  for (const { query, occurrences } of site.queries) {
    const client = file.tenancy.unscopedClients.find((name) => isClient(query.client, name))
    const mention = occurrences.find(({ ownership }) => ownership.kind !== 'global')
    if (client !== undefined && mention !== undefined) {
      return report('client', site.node, { relation: relationText(mention), client }, [], site)
    }
    const open = occurrences.find(
      ({ ownership: { kind }, verdict }) =>
        (kind === 'owned' || kind === 'through') && verdict.kind !== 'confined',
    )
    const how = open === undefined ? null : switchedOff(query, file.scope)
    if (how !== null) return report('scope', site.node, { relation: relationText(open!), how }, [], site)
  }
}

const isClient = (path: string, name: string): boolean =>
  path === name || path.endsWith(`.${name}`) || path === `${name}()`

function checkChange(change: PrivilegeChange, file: FileView, options: Options, report: Report): void {
  const { node, kind, role } = change
  if (kind === 'off') return report('off', node)
  if (kind === 'reset') return isQueriedAfter(change, file) ? report('reset', node) : undefined
  if (role !== null && options.confinedRoles.includes(role)) return
  if (role !== null && isPrivileged(role)) return report('role', node, { role })
  if (options.reportUnknown) report('unknownRole', node, { role: role ?? 'that a value names' })
}
