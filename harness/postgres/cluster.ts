import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Installation } from './binaries.ts'
import { beside, publish } from './cache.ts'
import type { Identity } from './identity.ts'

const run = promisify(execFile)

/** An initialised data directory of our own, not yet running. */
export interface Cluster {
  readonly directory: string
  readonly password: string
}

/** Name of the superuser of every cluster that we initialise. */
export const superuser = 'postgres'

/**
 * What a database of tests needs and a database with data to lose must not have; and connections for several services at once, each
 * with pools of its own for every tenant that has a database to itself.
 * Source: PostgreSQL documentation, section 14.5 "Non-Durable Settings".
 */
const settings = `
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_connections = 400
shared_buffers = 64MB
huge_pages = off
unix_socket_directories = ''
listen_addresses = '127.0.0.1'
checkpoint_timeout = 1h
max_wal_size = 2GB
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
log_min_messages = log
log_min_error_statement = panic
log_checkpoints = off
logging_collector = off
`

/**
 * Other users of the machine must not become superuser, for that would let them run programs. Every other role is let in, so
 * that roles which a migration creates without a password can be used.
 */
const hostBasedAuthentication = `
host all ${superuser} 127.0.0.1/32 scram-sha-256
host all all 127.0.0.1/32 trust
`

/**
 * A private copy of the cached initialised data directory, which is made first when there is none.
 *
 * @internal
 */
export async function newCluster(
  installation: Installation,
  identity: Identity | null,
  cache: string,
): Promise<Cluster> {
  const template = join(cache, `template-2-${installation.key}`)
  if (!existsSync(template)) await initialise(installation, identity, cache, template)
  const directory = join(cache, `run-${process.pid}-${randomBytes(4).toString('hex')}`)
  await copyTree(join(template, 'data'), directory, identity)
  return { directory, password: readFileSync(join(template, 'password'), 'utf8') }
}

async function initialise(
  installation: Installation,
  identity: Identity | null,
  cache: string,
  template: string,
): Promise<void> {
  const draft = beside(template)
  mkdirSync(draft, { mode: 0o700 })
  const password = randomBytes(18).toString('base64url')
  const passwordFile = join(draft, 'password')
  writeFileSync(passwordFile, password, { mode: 0o600 })
  if (identity) for (const path of [draft, passwordFile]) chownSync(path, identity.uid, identity.gid)
  const data = join(draft, 'data')
  try {
    await initdb(installation, identity, cache, data, passwordFile)
    writeFileSync(join(data, 'postgresql.conf'), settings)
    writeFileSync(join(data, 'pg_hba.conf'), hostBasedAuthentication)
  } catch (error) {
    rmSync(draft, { recursive: true, force: true })
    throw error
  }
  publish(draft, template)
}

/** Locales that know more letters than ASCII, and sort alike on every machine; the last exists everywhere. */
const locales = [
  ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'],
  ['--locale=C.UTF-8'],
  ['--locale=C'],
] as const

async function initdb(
  installation: Installation,
  identity: Identity | null,
  cwd: string,
  data: string,
  passwordFile: string,
): Promise<void> {
  const program = join(installation.directory, process.platform === 'win32' ? 'initdb.exe' : 'initdb')
  const common = [
    '-D',
    data,
    '-U',
    superuser,
    '-E',
    'UTF8',
    '-A',
    'scram-sha-256',
    `--pwfile=${passwordFile}`,
  ]
  let failure: unknown
  for (const locale of locales) {
    try {
      const options = { ...(identity ?? {}), cwd, env: serverEnvironment() }
      await run(program, [...common, ...locale, '--no-sync', '--no-instructions', '--wal-segsize=1'], options)
      return
    } catch (error) {
      failure = error
      rmSync(data, { recursive: true, force: true })
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') break
    }
  }
  throw new Error(reasonOf(failure), { cause: failure })
}

/** The user's PG* variables, locale and preloads are no business of our server. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'TMPDIR', 'LD_LIBRARY_PATH', 'SystemRoot', 'TEMP', 'TMP']
  const entries = kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]))
  return { ...(Object.fromEntries(entries) as NodeJS.ProcessEnv), LC_ALL: 'C', TZ: 'UTC' }
}

function reasonOf(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message: string }
  return (stderr?.trim() || message).split('\n').slice(-3).join(' ')
}

/** `cp` shares blocks where the file system can, and keeps the owner when it runs as the owner. */
async function copyTree(from: string, to: string, identity: Identity | null): Promise<void> {
  if (process.platform === 'linux') {
    try {
      await run('cp', ['-a', '--reflink=auto', from, to], { ...(identity ?? {}), cwd: '/' })
      return
    } catch (error) {
      if (identity) throw error
      rmSync(to, { recursive: true, force: true })
    }
  }
  await cp(from, to, { recursive: true, preserveTimestamps: true })
}
