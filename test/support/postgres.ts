import { afterAll, inject } from 'vitest'
import { type Pool, openPool } from '../../harness/postgres/connection.ts'
import { type Database, type PostgresServer, startPostgres } from '../../harness/postgres/server.ts'

let attached: Promise<PostgresServer> | null = null

/** The server that all tests share, as superuser. What a test file makes on it is removed when the file ends. */
export function testServer(): Promise<PostgresServer> {
  attached ??= startPostgres({ databaseUrl: inject('postgresUrl') })
  return attached
}

/** A database of this test file alone. */
export interface FreshDatabase {
  readonly name: string
  /** As superuser; swap user and password for another role. */
  readonly url: string
  readonly pool: Pool
}

/** Makes an empty database, or one in which `sql` has been run; call it in a hook or a test, as often as needed. */
export async function freshDatabase(sql?: string): Promise<FreshDatabase> {
  const server = await testServer()
  const database = open(await server.createDatabase())
  if (sql !== undefined) await database.pool.query(sql)
  return database
}

/** A database of this test file alone that begins as a copy of another one. */
export async function copyOf(template: string): Promise<FreshDatabase> {
  const server = await testServer()
  return open(await server.createDatabase(null, { template }))
}

function open({ name, url }: Database): FreshDatabase {
  const pool = openPool(url)
  pools.push(pool)
  return { name, url, pool }
}

const pools: Pool[] = []

afterAll(async () => {
  for (const pool of pools.splice(0)) await pool.end()
  await (await attached)?.stop()
  attached = null
})
