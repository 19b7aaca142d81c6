import pg from 'pg'
import { Problem } from '../../rules/problem.ts'

/** Rows as objects, column → value. */
export type Row = Readonly<Record<string, unknown>>

/** Whatever can run a statement: a pool, a client, a client of a pool. */
export interface Queryable {
  query(text: string, values?: unknown[]): Promise<{ readonly rows: Row[]; readonly rowCount: number | null }>
}

/** A single session. Close it with `end`. */
export interface Client extends Queryable {
  end(): Promise<void>
}

/** Several sessions, opened as needed. Close it with `end`. */
export interface Pool extends Queryable {
  /** Runs statements on one session of the pool. */
  use<T>(work: (client: Queryable) => Promise<T>): Promise<T>
  end(): Promise<void>
}

/**
 * Opens one session.
 *
 * @throws Problem E-DATABASE-CONNECT naming host, port, database and reason, never the password
 * @internal
 */
export async function connect(url: string): Promise<Client> {
  const client = new pg.Client(options(url))
  // The server may be stopped while a session idles; the next query reports it.
  client.on('error', () => {})
  try {
    await client.connect()
  } catch (error) {
    throw connectionProblem(url, error)
  }
  return client
}

/** Runs `work` on a session of its own. @internal */
export async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = await connect(url)
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Opens a pool; the first session is only made when it is needed. @internal */
export function openPool(url: string, size = 4): Pool {
  const pool = new pg.Pool({ ...options(url), max: size, allowExitOnIdle: true })
  pool.on('error', () => {})
  const take = () =>
    pool.connect().catch((error: unknown) => {
      throw connectionProblem(url, error)
    })
  const use = async <T>(work: (client: Queryable) => Promise<T>): Promise<T> => {
    const client = await take()
    try {
      return await work(client)
    } finally {
      client.release()
    }
  }
  let ended: Promise<void> | null = null
  return {
    use,
    query: (text, values) => use((client) => client.query(text, values)),
    end: () => (ended ??= pool.end()),
  }
}

/** The rows of one statement, on an open session or pool, or on a session of its own. @internal */
export async function queryRows<T extends Row = Row>(
  where: string | Queryable,
  text: string,
  values: unknown[] = [],
): Promise<T[]> {
  if (typeof where === 'string') return withClient(where, (client) => queryRows<T>(client, text, values))
  return (await where.query(text, values)).rows as T[]
}

/** Quotes a name for use in SQL text. @internal */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** Quotes a text for use in SQL text. @internal */
export function literal(text: string): string {
  return pg.escapeLiteral(text)
}

/** The same server and credentials, another database. @internal */
export function databaseUrl(url: string, name: string): string {
  const changed = new URL(url)
  changed.pathname = `/${encodeURIComponent(name)}`
  return changed.href
}

/** The address without its password, for messages. @internal */
export function withoutPassword(url: string): string {
  try {
    const { host, pathname } = new URL(url)
    return `${host || 'local socket'}${pathname}`
  } catch {
    return 'an address that is no URL'
  }
}

function options(url: string): pg.ClientConfig {
  return { connectionString: url, connectionTimeoutMillis: 10_000, application_name: 'watertight' }
}

function connectionProblem(url: string, error: unknown): Problem {
  if (error instanceof Problem) return error
  const failure = error as NodeJS.ErrnoException & { errors?: readonly Error[] }
  // A name with several addresses fails with one error for each and an empty message of its own.
  const reason = failure.message || failure.errors?.[0]?.message || failure.code || String(error)
  return new Problem(
    'E-DATABASE-CONNECT',
    `Cannot connect to PostgreSQL at ${withoutPassword(url)}: ${reason}`,
    'Check that the server runs and that DATABASE_URL names its host, port, database, user and password; or unset DATABASE_URL to use the embedded server.',
    { cause: error },
  )
}
