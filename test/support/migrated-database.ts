import { inject } from 'vitest'
import { connect } from '../../fixtures/service/isolation/connect.ts'
import { databaseUrl, identifier, queryRows, withClient } from '../../harness/postgres/connection.ts'
import { copyOf, testServer, type FreshDatabase } from './postgres.ts'

/** Of the server on which tests make databases; whoever makes the template holds it. */
const lock = 7_203_114_600

/**
 * A database of this test file alone that has everything which the service applies when it starts on an empty one: the
 * migrations, the passwords of the roles, the queue. Starting on it finds nothing left to apply.
 */
export async function migratedDatabase(): Promise<FreshDatabase> {
  const name = inject('migratedTemplate')
  made ??= makeTemplate(name)
  await made
  return copyOf(name)
}

let made: Promise<void> | null = null

/** Once for the whole run. It has its name when it is complete: of half of one, nobody makes copies. */
async function makeTemplate(name: string): Promise<void> {
  const { url } = await testServer()
  await withClient(url, async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [lock])
    const there = await queryRows(client, 'SELECT 1 FROM pg_database WHERE datname = $1', [name])
    if (there.length > 0) return
    const draft = `${name}_draft`
    await client.query(`CREATE DATABASE ${identifier(draft)}`)
    const roles = await connect(databaseUrl(url, draft), undefined, 1)
    await roles.close()
    await client.query(`ALTER DATABASE ${identifier(draft)} RENAME TO ${identifier(name)}`)
  })
}
