import type { TestProject } from 'vitest/node'
import { startPostgres } from '../../harness/postgres/server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Maintenance address of the one server that all tests share. */
    postgresUrl: string
  }
}

/** One server for the whole run; every test file makes databases of its own on it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPostgres()
  project.provide('postgresUrl', server.url)
  return () => server.stop()
}
