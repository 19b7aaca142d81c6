import { randomBytes } from 'node:crypto'
import type { TestProject } from 'vitest/node'
import { startPostgres } from '../../harness/postgres/server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Maintenance address of the one server that all tests share. */
    postgresUrl: string
    /** Name of the database that the first test which needs it migrates for the service, and all others copy. */
    migratedTemplate: string
  }
}

/** One server for the whole run; every test file makes databases of its own on it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPostgres()
  const template = `watertight_template_${randomBytes(6).toString('hex')}`
  project.provide('postgresUrl', server.url)
  project.provide('migratedTemplate', template)
  return async () => {
    await server.dropDatabase(template)
    await server.stop()
  }
}
