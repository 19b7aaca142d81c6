import { identifier, literal, type Queryable, queryRows } from './connection.ts'

/**
 * Copies what `CREATE DATABASE … TEMPLATE` leaves behind: owner, privileges and settings of the database itself. Services set
 * `ALTER DATABASE … SET search_path`, or revoke CONNECT from PUBLIC, and would behave differently on the copy.
 * Source: PostgreSQL documentation, section 22.3 "Template Databases".
 *
 * @internal
 */
export async function copyDatabaseProperties(client: Queryable, from: string, to: string): Promise<void> {
  const statements = [...(await ownerAndPrivileges(client, from, to)), ...(await settings(client, from, to))]
  if (statements.length > 0) await client.query(statements.join(';\n'))
}

async function ownerAndPrivileges(client: Queryable, from: string, to: string): Promise<string[]> {
  const rows = await queryRows<{
    owner: string
    mine: boolean
    custom: boolean
    privilege: string | null
    grantee: string | null
    grantable: boolean
  }>(
    client,
    `SELECT o.rolname AS owner, o.rolname = current_user AS mine, d.datacl IS NOT NULL AS custom,
            a.privilege_type AS privilege, g.rolname AS grantee, coalesce(a.is_grantable, false) AS grantable
     FROM pg_database d JOIN pg_roles o ON o.oid = d.datdba
     LEFT JOIN LATERAL aclexplode(d.datacl) a ON true
     LEFT JOIN pg_roles g ON g.oid = a.grantee
     WHERE d.datname = $1`,
    [from],
  )
  const [first] = rows
  if (!first) return []
  const database = `DATABASE ${identifier(to)}`
  const owner = first.mine ? [] : [`ALTER ${database} OWNER TO ${identifier(first.owner)}`]
  if (!first.custom) return owner
  const grants = rows
    .filter((row) => row.privilege !== null)
    .map((row) => {
      const grantee = row.grantee === null ? 'PUBLIC' : identifier(row.grantee)
      return `GRANT ${row.privilege} ON ${database} TO ${grantee}${row.grantable ? ' WITH GRANT OPTION' : ''}`
    })
  return [...owner, `REVOKE ALL ON ${database} FROM PUBLIC`, ...grants]
}

/** These settings are lists of quoted names; quoting them again would make one name of them. */
const lists = new Set([
  'search_path',
  'temp_tablespaces',
  'session_preload_libraries',
  'local_preload_libraries',
])

async function settings(client: Queryable, from: string, to: string): Promise<string[]> {
  const rows = await queryRows<{ role: string | null; setting: string }>(
    client,
    `SELECT r.rolname AS role, unnest(s.setconfig) AS setting
     FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
     LEFT JOIN pg_roles r ON r.oid = s.setrole WHERE d.datname = $1`,
    [from],
  )
  return rows.map(({ role, setting }) => {
    const at = setting.indexOf('=')
    const name = setting.slice(0, at)
    const value = setting.slice(at + 1)
    const whose =
      role === null
        ? `ALTER DATABASE ${identifier(to)}`
        : `ALTER ROLE ${identifier(role)} IN DATABASE ${identifier(to)}`
    const quotedName = name.split('.').map(identifier).join('.')
    return `${whose} SET ${quotedName} TO ${lists.has(name.toLowerCase()) && value !== '' ? value : literal(value)}`
  })
}
