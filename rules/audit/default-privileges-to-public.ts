import type { AuditCheck } from './check.ts'
import { quote } from './subjects.ts'

export const defaultPrivilegesToPublic: AuditCheck = {
  id: 'default-privileges-to-public',
  direction: 'open',
  title: 'Future tables that everybody may read',
  catalogue: 7,
  *run({ schema }) {
    for (const grant of schema.grants) {
      if (grant.objectKind !== 'default' || grant.grantee !== 'public') continue
      const where = grant.object.schema === null ? '' : ` IN SCHEMA ${quote(grant.object.schema)}`
      const object = `default privileges${where.toLowerCase()}`
      yield {
        object,
        origin: grant.origin,
        message:
          `Default privileges give ${grant.privileges.join(', ')} on every future table${where.toLowerCase()} to PUBLIC, ` +
          `before it has a policy. Revoke them and grant to named roles.`,
        fix: `ALTER DEFAULT PRIVILEGES${where} REVOKE ${grant.privileges.join(', ').toUpperCase()} ON TABLES FROM PUBLIC;`,
        key: grant.object.schema ?? 'all schemas',
      }
    }
  },
}
