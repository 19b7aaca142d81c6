import { existsSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { Problem } from '../../rules/problem.ts'
import type { LoadedTarget } from '../target/load.ts'
import type { Io } from './command.ts'

const usual = [
  'watertight.target.ts',
  'watertight.target.mts',
  'watertight.target.js',
  'watertight.target.mjs',
]

/** The target file that was named, else the one in the folder. @throws {@link Problem} `E-TARGET-MISSING`, `E-TARGET-INVALID` */
export async function targetFrom(name: string | undefined, io: Io): Promise<LoadedTarget> {
  const file = name ?? usual.find((candidate) => existsSync(resolve(io.cwd, candidate)))
  if (file === undefined) {
    throw new Problem(
      'E-TARGET-MISSING',
      `There is no ${usual[0]} in this folder.`,
      'Name the target file, or write one: docs/guides/target.md shows how.',
    )
  }
  const { loadTarget } = await import('../target/load.ts')
  return loadTarget(resolve(io.cwd, file))
}

/** The target file as reports name it. */
export function shownTarget(target: LoadedTarget, io: Io): string {
  return relative(io.cwd, target.file).replaceAll('\\', '/')
}
