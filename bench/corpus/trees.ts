import { resolve } from 'node:path'
import type { ParseArgsConfig } from 'node:util'
import { everything, repositoriesIn, treeOf } from './repositories.ts'

/** The options by which a bench is told what to read, for `parseArgs`. */
export const treeOptions = {
  tenancy: { type: 'string' },
  server: { type: 'string', multiple: true, default: [] as string[] },
  repositories: { type: 'string' },
  only: { type: 'string', multiple: true, default: [] as string[] },
  seed: { type: 'string', default: '1' },
  json: { type: 'boolean', default: false },
} satisfies NonNullable<ParseArgsConfig['options']>

/** What {@link treeOptions} were set to. */
export interface Asked {
  readonly tenancy?: string | undefined
  readonly server: readonly string[]
  readonly repositories?: string | undefined
  readonly only: readonly string[]
}

/** Source to lint, and the model to lint it under. */
export interface Tree {
  readonly title: string
  readonly tree: string
  readonly tenancy: string
  readonly globs: readonly string[]
}

/** One folder, or the newest commits of the clones in `WATERTIGHT_CORPUS`, laid one after the other; ends the program when neither is named. */
export function* treesIn(asked: Asked, folder: string | undefined): Generator<Tree> {
  const clones = process.env.WATERTIGHT_CORPUS
  if (asked.repositories !== undefined && clones !== undefined) {
    for (const one of repositoriesIn(asked.repositories, asked.only))
      yield { title: one.repo, ...treeOf(one, clones) }
  } else if (folder !== undefined && asked.tenancy !== undefined) {
    const globs = asked.server.length > 0 ? asked.server : [everything]
    yield { title: folder, tree: resolve(folder), tenancy: resolve(asked.tenancy), globs }
  } else {
    console.error(
      'Name a folder with real source and its tenancy model with --tenancy, or --repositories FILE and the folder of clones in WATERTIGHT_CORPUS.',
    )
    process.exit(2)
  }
}
