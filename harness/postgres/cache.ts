import { randomBytes } from 'node:crypto'
import { chownSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Identity } from './identity.ts'

/**
 * The folder for initialised data directories and running servers. It lies in the temporary directory, which even
 * `nobody` can reach, and belongs to the server's user alone: it holds the superuser's password.
 *
 * @internal
 */
export function cacheDirectory(identity: Identity | null): string {
  const owner = identity?.uid ?? process.getuid?.() ?? 0
  const directory = join(tmpdir(), `watertight-postgres-${owner}`)
  try {
    mkdirSync(directory, { mode: 0o700 })
    if (identity) chownSync(directory, identity.uid, identity.gid)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const found = lstatSync(directory)
  // Anybody may create a name in the temporary directory; a folder of somebody else's is a trap. Root may meet the folder
  // in the instant between its creation and its handing over.
  const foreign = process.getuid !== undefined && found.uid !== owner && found.uid !== process.getuid()
  if (foreign || !found.isDirectory()) throw new Error(`${directory} belongs to somebody else`)
  if (identity && found.uid !== owner) chownSync(directory, identity.uid, identity.gid)
  return directory
}

/** A name that no other process uses, beside `path` so that a rename is atomic. */
export function beside(path: string): string {
  return `${path}.${process.pid}-${randomBytes(4).toString('hex')}`
}

/**
 * Moves a finished folder to its final name. When another process was faster, its folder stays and ours goes.
 *
 * @internal
 */
export function publish(finished: string, path: string): void {
  try {
    renameSync(finished, path)
  } catch (error) {
    rmSync(finished, { recursive: true, force: true })
    const code = (error as NodeJS.ErrnoException).code
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'EPERM') throw error
  }
}

const abandonedAfter = 10 * 60_000

/**
 * Removes what servers left behind that could not clean up (power cut, `kill -9` of the supervisor): run folders whose
 * server is gone, and folders that never got as far as a server.
 *
 * @internal
 */
export function sweep(directory: string, clock: () => number = Date.now): void {
  for (const name of readdirSync(directory)) {
    if (!name.startsWith('run-') && !/\.\d+-[0-9a-f]{8}$/.test(name)) continue
    const path = join(directory, name)
    try {
      if (clock() - lstatSync(path).mtimeMs < abandonedAfter || serverAlive(path)) continue
      rmSync(path, { recursive: true, force: true })
    } catch {
      // Another process sweeps as well.
    }
  }
}

function serverAlive(run: string): boolean {
  try {
    const pid = Number(readFileSync(join(run, 'postmaster.pid'), 'utf8').split('\n')[0])
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
