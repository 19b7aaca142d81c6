import type { AuditCheck } from './check.ts'
import { quote } from './subjects.ts'

export const storedTenantSetting: AuditCheck = {
  id: 'stored-tenant-setting',
  direction: 'open',
  title: 'Sessions that start inside a tenant',
  catalogue: 42,
  *run({ schema, tenancy }) {
    for (const setting of schema.settings ?? []) {
      if (setting.name.toLowerCase() !== tenancy.setting?.toLowerCase()) continue
      const subject =
        setting.role !== null ? `ROLE ${quote(setting.role)}` : `DATABASE ${quote(setting.database ?? '')}`
      const where =
        setting.role !== null && setting.database !== null ? ` IN DATABASE ${quote(setting.database)}` : ''
      yield {
        object: `${setting.name} of ${subject.toLowerCase()}`,
        origin: setting.origin,
        message:
          `Every session of ${subject.toLowerCase()}${where.toLowerCase()} starts with ${setting.name} = '${setting.value}': one that ` +
          `forgets to set the tenant acts for that one. Reset it.`,
        fix: `ALTER ${subject}${where} RESET ${setting.name};`,
        key: `${subject.toLowerCase()}/${setting.name}`,
      }
    }
  },
}
