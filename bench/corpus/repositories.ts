import { mkdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { cloneOf, commitOf, layTree } from './clones.ts'
import { modelFor, overlayOf } from './model.ts'

/** Programs, of whatever spelling. */
export const everything = '**/*.{ts,tsx,js,jsx,cts,mts,cjs,mjs}'

/** A line of the list of repositories. */
export interface Repository {
  readonly repo: string
  readonly server_globs: readonly string[]
}

/** The repositories of a list, one JSON object a line; all of them when no names are wanted. */
export const repositoriesIn = (list: string, only: readonly string[]): readonly Repository[] =>
  readFileSync(list, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as Repository)
    .filter(({ repo }) => only.length === 0 || only.some((one) => repo.includes(one)))

/** The newest commit of a clone, laid below the folder of clones, with the model that `watertight init` infers and the overlay. */
export function treeOf(
  { repo, server_globs }: Repository,
  clones: string,
): { readonly tree: string; readonly tenancy: string; readonly globs: readonly string[] } {
  const clone = cloneOf(repo, clones)
  if (clone === null) throw new Error(`no clone of ${repo} in ${clones}`)
  const commit = commitOf(clone, 'HEAD')
  const trees = resolve(clones, '.watertight')
  mkdirSync(trees, { recursive: true })
  const name = `${repo.replace('/', '+')}@${commit.slice(0, 12)}`
  const tree = layTree(clone, commit, join(trees, name))
  const tenancy = modelFor(tree, [], overlayOf(repo), join(trees, 'models', `${name}.json`))
  const globs = server_globs
    // A remark may stand behind a glob.
    .map((glob) => glob.replace(/\s+\(.*\)$/, ''))
    .map((glob) => glob.replace(/\/\*\*$/, `/${everything}`))
  return { tree, tenancy, globs }
}
