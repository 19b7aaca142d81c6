import { readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { resolveImport } from '../../../source/graph.ts'
import type { ExtractionScope } from '../../library.ts'

const option = /\bignoreUndefinedInQuery['"]?\s*:\s*true\b/

/** Where MikroORM's own command line looks for the options, from the folder of the package. */
const places = [
  './mikro-orm.config',
  './src/mikro-orm.config',
  './config/mikro-orm.config',
  './src/config/mikro-orm.config',
]

const known = new WeakMap<object, boolean>()
const read = new Map<string, { readonly mtime: number; readonly drops: boolean }>()

/**
 * Are filters with an `undefined` value dropped? MikroORM takes `undefined` for NULL, so that no filter is lost, unless
 * `ignoreUndefinedInQuery` is set (https://mikro-orm.io/docs/configuration): in this file, or in the project's `mikro-orm.config`.
 */
export function dropsUndefined({ sourceCode, filename }: ExtractionScope): boolean {
  const { ast, text } = sourceCode
  const found = known.get(ast) ?? (option.test(text) || configurationOf(filename).some(drops))
  known.set(ast, found)
  return found
}

/** The configuration files of the innermost package around a file that has any. */
function configurationOf(filename: string): readonly string[] {
  for (let folder = dirname(filename); folder !== dirname(folder); folder = dirname(folder)) {
    const isPackage = statSync(join(folder, 'package.json'), { throwIfNoEntry: false }) !== undefined
    if (!isPackage) continue
    const from = join(folder, 'package.json')
    const files = places.flatMap((place) => resolveImport(place, from) ?? [])
    if (files.length > 0) return files
  }
  return []
}

function drops(file: string): boolean {
  const { mtimeMs } = statSync(file)
  const before = read.get(file)
  if (before?.mtime === mtimeMs) return before.drops
  const found = option.test(readFileSync(file, 'utf8'))
  read.set(file, { mtime: mtimeMs, drops: found })
  return found
}
