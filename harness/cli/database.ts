import { Problem } from '../../rules/problem.ts'
import { connect } from '../postgres/connection.ts'

/** Runs `read` with a function that sends statements to the database, in one read-only transaction. */
export async function withDatabase<T>(
  url: string,
  read: (query: (sql: string) => Promise<readonly Record<string, unknown>[]>) => Promise<T>,
): Promise<T> {
  if (!URL.canParse(url) || !/^postgres(ql)?:$/.test(new URL(url).protocol)) {
    throw new Problem(
      'E-DATABASE-CONNECT',
      '--database is not the address of a PostgreSQL database.',
      'Write it as postgres://user:password@host:port/database, with special characters percent-encoded.',
    )
  }
  const client = await connect(url)
  try {
    await client.query('BEGIN TRANSACTION READ ONLY ISOLATION LEVEL REPEATABLE READ')
    const result = await read(async (sql) => (await client.query(sql)).rows)
    await client.query('COMMIT')
    return result
  } finally {
    await client.end()
  }
}
