import { isIP } from 'node:net'
import { Problem } from '../../rules/problem.ts'
import { withClient } from '../postgres/connection.ts'
import type { Database, PostgresServer } from '../postgres/server.ts'
import type { LoadedTarget } from '../target/load.ts'
import type { StartedService } from '../target/target.ts'

/** An instance of the service, with the database that was made for it. */
export interface Instance {
  readonly service: StartedService
  /** Reached as a role that sees all rows; null when there is none to look into. */
  readonly databaseUrl: string | null
  readonly stop: () => Promise<void>
}

export interface InstanceOptions {
  readonly directory: string
  readonly server: PostgresServer | null
  readonly knockOutSql: readonly string[]
  readonly allowHosts: readonly string[]
  readonly signal: AbortSignal
  readonly log: (line: string) => void
}

/** @throws Problem E-TARGET-START, E-HOST */
export async function startInstance(loaded: LoadedTarget, options: InstanceOptions): Promise<Instance> {
  const { target } = loaded
  if (target.start === undefined) return attach(loaded, options)
  const managed = target.database?.managed === true && options.server !== null
  const database = managed ? await options.server!.createDatabase() : null
  const service = await startService(loaded, options, database)
  const databaseUrl = database?.url ?? target.database?.url ?? null
  const stop = async (): Promise<void> => {
    await service.stop()
    if (database !== null) await options.server!.dropDatabase(database.name)
  }
  try {
    checkHost(service.baseUrl, options.allowHosts)
    if (databaseUrl !== null) await knockOut(databaseUrl, options.knockOutSql)
    return { service, databaseUrl, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function attach(loaded: LoadedTarget, options: InstanceOptions): Promise<Instance> {
  const { target } = loaded
  const baseUrl = target.baseUrl!
  checkHost(baseUrl, options.allowHosts)
  try {
    // Any answer will do: it is there.
    await fetch(baseUrl, { signal: AbortSignal.any([options.signal, AbortSignal.timeout(10_000)]) })
  } catch (cause) {
    throw new Problem(
      'E-TARGET-START',
      `${target.name}: nothing answers at ${baseUrl}.`,
      'Start the service, or give the target a `start`.',
      { cause },
    )
  }
  return {
    service: { baseUrl, stop: async () => {} },
    databaseUrl: target.database?.url ?? null,
    stop: async () => {},
  }
}

async function startService(
  loaded: LoadedTarget,
  options: InstanceOptions,
  database: Database | null,
): Promise<StartedService> {
  const { target } = loaded
  try {
    const service = await target.start!({
      directory: options.directory,
      databaseUrl: database?.url ?? null,
      fresh: true,
      signal: options.signal,
      log: options.log,
    })
    if (!URL.canParse(service.baseUrl))
      throw new Error(`its baseUrl ${JSON.stringify(service.baseUrl)} is no URL`)
    return service
  } catch (cause) {
    if (database !== null) await options.server!.dropDatabase(database.name)
    if (cause instanceof Problem) throw cause
    throw new Problem(
      'E-TARGET-START',
      `${target.name} does not start: ${cause instanceof Error ? cause.message : String(cause)}.`,
      'Run the steps of `start` by hand in the service’s directory.',
      { cause },
    )
  }
}

async function knockOut(databaseUrl: string, statements: readonly string[]): Promise<void> {
  if (statements.length === 0) return
  await withClient(databaseUrl, async (client) => {
    for (const sql of statements) await client.query(sql)
  })
}

/** Attacking somebody else's machine by a typing error must not be possible. */
export function checkHost(baseUrl: string, allowed: readonly string[]): void {
  const { hostname } = new URL(baseUrl)
  if (isLoopback(hostname) || allowed.includes(hostname)) return
  throw new Problem(
    'E-HOST',
    `${hostname} is not this machine, and nobody named it.`,
    `If you may attack it, name it: --allow-host ${hostname}.`,
  )
}

function isLoopback(hostname: string): boolean {
  const bare = hostname.replace(/^\[|\]$/g, '').toLowerCase()
  if (bare === 'localhost' || bare.endsWith('.localhost') || bare === '::1') return true
  return isIP(bare) === 4 && bare.startsWith('127.')
}
