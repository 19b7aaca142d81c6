import { expect, it } from 'vitest'
import { queryRows } from '../../harness/postgres/connection.ts'
import { testServer } from '../support/postgres.ts'

it('a copy keeps owner, privileges and settings of the database', async () => {
  const server = await testServer()
  const template = await server.createDatabase()
  const role = `clone_${template.name}`
  await queryRows(server.url, `CREATE ROLE ${role}`)
  await queryRows(
    server.url,
    `ALTER DATABASE ${template.name} OWNER TO ${role};
     REVOKE CONNECT ON DATABASE ${template.name} FROM PUBLIC;
     ALTER DATABASE ${template.name} SET search_path TO shop, "Odd Name", public;
     ALTER DATABASE ${template.name} SET app.greeting TO 'it''s';
     ALTER ROLE ${role} IN DATABASE ${template.name} SET work_mem TO '5MB'`,
  )
  const copy = await server.createDatabase(null, { template: template.name })
  const facts = (name: string) =>
    queryRows(
      server.url,
      `SELECT pg_get_userbyid(datdba) AS owner, has_database_privilege('public', oid, 'CONNECT') AS connect,
         has_database_privilege('public', oid, 'TEMPORARY') AS temporary,
         (SELECT json_agg(setconfig ORDER BY setrole) FROM pg_db_role_setting WHERE setdatabase = d.oid) AS settings
       FROM pg_database d WHERE datname = $1`,
      [name],
    )
  expect(await facts(copy.name)).toEqual(await facts(template.name))
  expect(await facts(copy.name)).toEqual([
    {
      owner: role,
      connect: false,
      temporary: true,
      settings: [['search_path=shop, "Odd Name", public', "app.greeting=it's"], ['work_mem=5MB']],
    },
  ])
  await server.dropDatabase(copy.name)
  await server.dropDatabase(template.name)
  await queryRows(server.url, `DROP ROLE ${role}`)
})
