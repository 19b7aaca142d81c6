import { existsSync } from 'node:fs'
import { basename, dirname, join, relative, sep } from 'node:path'
import { type Holding, total } from './holdings.ts'
import { compare } from './root.ts'

const migrationFolder = /^(migrations?|migrate|drizzle|sql|schema|schemas|changelogs?)$/i
const mostOfIt = 0.7

/** The file or folder of the package with the largest model: one monorepo may hold several schemas. */
export function modelHome(folder: string, holding: Holding): string {
  return homeIn(byPackage(folder, holding)[0]!)
}

/** Those of the other packages, each of which may add tables to the same database. */
export function otherHomes(folder: string, holding: Holding): string[] {
  return byPackage(folder, holding)
    .slice(1)
    .filter((files) => total(files) >= 1)
    .map(homeIn)
}

/** The files of each package, the one that declares most first. */
function byPackage(folder: string, { files }: Holding): readonly Holding['files'][] {
  const found = new Map<string, Holding['files']>()
  for (const one of files) {
    const home = packageOf(folder, dirname(one.file))
    found.set(home, [...(found.get(home) ?? []), one])
  }
  const depth = (path: string) => path.split(sep).length
  return [...found]
    .sort(([a, left], [b, right]) => total(right) - total(left) || depth(a) - depth(b) || compare(a, b))
    .map(([, inPackage]) => inPackage)
}

function homeIn(files: Holding['files']): string {
  const [only] = files
  return files.length === 1 ? only!.file : densestFolder(files)
}

/**
 * The folder of all the files, or the one below it with most of the model: generated copies of a few tables may lie
 * elsewhere, and a model follows its own imports anyway.
 */
function densestFolder(files: Holding['files']): string {
  const folders = files.map(({ file }) => dirname(file))
  const home = folders.reduce(commonFolder)
  const byChild = new Map<string, Holding['files']>()
  for (const one of files) {
    const child = relative(home, one.file).split(sep)[0]!
    byChild.set(child, [...(byChild.get(child) ?? []), one])
  }
  const [, dense] = [...byChild].sort(([, left], [, right]) => total(right) - total(left))[0]!
  if (dense.length === files.length || total(dense) < mostOfIt * total(files)) return home
  return dense.length === 1 ? home : densestFolder(dense)
}

/** The nearest folder with a package.json, at most `folder`. */
function packageOf(folder: string, start: string): string {
  for (let at = start; at !== folder && at !== dirname(at); at = dirname(at)) {
    if (existsSync(join(at, 'package.json'))) return at
  }
  return folder
}

function commonFolder(left: string, right: string): string {
  const inside = (path: string) => right === path || right.startsWith(path + sep)
  let at = left
  while (!inside(at) && at !== dirname(at)) at = dirname(at)
  return at
}

/** The folder of migrations that holds most of the files; null when none is named like one. */
export function bestMigrationHome(folder: string, { files }: Holding): string | null {
  const byFolder = new Map<string, number>()
  for (const { file } of files) {
    const home = migrationHome(folder, file)
    if (home !== null) byFolder.set(home, (byFolder.get(home) ?? 0) + 1)
  }
  return [...byFolder].sort(([a, left], [b, right]) => right - left || compare(a, b))[0]?.[0] ?? null
}

/** The innermost folder around the file that is named like one of migrations. */
export function migrationHome(folder: string, file: string): string | null {
  const parts = relative(folder, dirname(file)).split(sep)
  const index = parts.findLastIndex((part) => migrationFolder.test(part))
  if (index >= 0) return join(folder, ...parts.slice(0, index + 1))
  return migrationFolder.test(basename(folder)) ? folder : null
}
