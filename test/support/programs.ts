import { writeFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder of this run for programs that tests have compiled. */
    programs: string
  }
}

/** Among the packages, so that the programs find theirs. */
const cache = join(import.meta.dirname, '../../node_modules/.cache/watertight')

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await mkdir(cache, { recursive: true })
  const folder = await mkdtemp(join(cache, 'programs-'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  project.provide('programs', folder)
  return () => rm(folder, { recursive: true, force: true })
}
