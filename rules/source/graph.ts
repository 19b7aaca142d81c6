import { statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { aliasesFor } from './alias.ts'
import { fileText } from './file-text.ts'
import { type SourceModule, sideModule } from './module.ts'
import { type Parse, type ParsedFile, parsedFile } from './parsed-file.ts'
import { workspaceSources } from './workspace.ts'

const extensions = ['.ts', '.js', '.tsx', '.mts', '.cts', '.mjs', '.cjs', '.jsx']

function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
  } catch {
    // Below a file (`package.json/index.ts`) there is no file either, and that is an error of its own.
    return false
  }
}

/** The source file that a path without (or with an emitted) extension means. */
function findSource(base: string): string | null {
  if (/\.[cm]?[jt]sx?$/.test(base)) {
    if (isFile(base)) return base
    const source = base.replace(/\.([cm]?)js(x?)$/, '.$1ts$2')
    if (source !== base && isFile(source)) return source
  }
  for (const extension of extensions) if (isFile(base + extension)) return base + extension
  for (const extension of extensions) {
    if (isFile(resolve(base, `index${extension}`))) return resolve(base, `index${extension}`)
  }
  return null
}

/** What was found out about the files of a project is trusted for so long, in milliseconds. */
const trustedFor = 1000

const resolved = new Map<string, { readonly file: string | null; readonly at: number }>()

/** The local file behind an import: relative, through the `paths` of a tsconfig, or of the same workspace; null for packages. */
export function resolveImport(specifier: string, from: string): string | null {
  const key = `${dirname(from)}\0${specifier}`
  const known = resolved.get(key)
  if (
    known !== undefined &&
    (known.file === null ? Date.now() - known.at < trustedFor : isFile(known.file))
  ) {
    return known.file
  }
  const bases = specifier.startsWith('.')
    ? [resolve(dirname(from), specifier)]
    : [...aliasesFor(specifier, dirname(from)), ...workspaceSources(specifier, dirname(from))]
  let file: string | null = null
  for (const base of bases) file ??= findSource(base)
  resolved.set(key, { file, at: Date.now() })
  return file
}

/** Does the import name a file of the project rather than a package? */
export function isLocal(specifier: string, from: string): boolean {
  return specifier.startsWith('.') || resolveImport(specifier, from) !== null
}

/** The modules made of parsed files go with them. */
const modules = new WeakMap<ParsedFile, SourceModule>()

/** A local module as a way to look names up; null when it cannot be read or parsed. */
export function loadModule(filename: string, parse: Parse | null): SourceModule | null {
  const file = parsedFile(filename, parse)
  if (file === null) return null
  const known = modules.get(file)
  if (known !== undefined) return known
  const module = sideModule(filename, file.text, file.ast)
  modules.set(file, module)
  return module
}

const starred = new Map<string, { readonly files: readonly string[]; readonly at: number }>()

/** The files behind `export *` that can export this name: those in whose text it stands, or that have an `export *` of their own. */
export function filesExporting(name: string, specifiers: readonly string[], from: string): readonly string[] {
  const key = `${from}\0${name}\0${specifiers.join()}`
  const known = starred.get(key)
  if (known !== undefined && Date.now() - known.at < trustedFor) return known.files
  const files = specifiers.flatMap((specifier) => {
    const file = resolveImport(specifier, from)
    const text = file === null ? undefined : fileText(file)?.text
    return text !== undefined && (text.includes(name) || /\bexport\s*\*/.test(text)) ? [file!] : []
  })
  starred.set(key, { files, at: Date.now() })
  return files
}
