import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { configDefaults, defineConfig } from 'vitest/config'

/** Tests on real Redis need a `redis-server` on the PATH, which a machine with Node alone does not have. */
function withoutRedis(): string[] {
  if (spawnSync('redis-server', ['--version']).status === 0) return []
  const files = readdirSync('test', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join('test', name))
    .filter((file) => readFileSync(file, 'utf8').includes('support/redis.ts'))
  console.warn(`There is no redis-server on the PATH: not run are ${files.join(', ')}.`)
  return files
}

/** All but those which measure how long something takes, and want a process in which nothing else was. */
const unmeasured = '!(growth|robustness).test.ts'

/**
 * What reads code and says something about it. Loading TypeScript, ESLint and our modules takes longer than most of these tests, so
 * their files share a process: they have no servers, and leave nothing behind in it.
 */
const reading = ['lint', 'provenance', 'query', 'source', 'surroundings', 'tenancy'].map(
  (room) => `test/${room}/**/${unmeasured}`,
)

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
    // Vitest leaves one core free, which on two cores is half of them; the tests of the service mostly wait.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      { extends: true, test: { name: 'reading', include: reading, isolate: false } },
      {
        extends: true,
        test: {
          name: 'alone',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...reading, ...withoutRedis()],
          globalSetup: ['test/support/postgres-server.ts', 'test/support/programs.ts'],
        },
      },
    ],
  },
})
