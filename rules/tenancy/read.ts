import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { Problem } from '../problem.ts'
import { invalidTenancy, type Source, type ValidationError } from './invalid.ts'
import { positionOf, readJsonText } from './json-text.ts'
import { resolveTenancy } from './resolve.ts'
import type { Tenancy, TenancyFile } from './tenancy.ts'
import { validate } from './validate.generated.ts'

const files = new Map<string, { readonly stamp: string; readonly tenancy: Tenancy }>()
const objects = new WeakMap<object, Tenancy>()

/**
 * The tenancy model from a path or an inline object, validated and resolved. A file is read again only when its
 * modification time or size changes, an object only once, so that the linter may ask for every file it lints.
 *
 * @throws {@link Problem} `E-TENANCY-MISSING`, `E-TENANCY-SYNTAX`, `E-TENANCY-INVALID` or `E-TENANCY-RELATION`.
 * @public
 */
export function loadTenancy(source: string | TenancyFile, options: { readonly cwd?: string } = {}): Tenancy {
  if (typeof source === 'string') return fromPath(resolve(options.cwd ?? process.cwd(), source))
  const known = source === null || typeof source !== 'object' ? undefined : objects.get(source)
  if (known !== undefined) return known
  const tenancy = fromValue(source, { file: null, text: null, offsets: new Map() })
  objects.set(source, tenancy)
  return tenancy
}

function fromPath(path: string): Tenancy {
  const stamp = stampOf(path)
  const known = files.get(path)
  if (known !== undefined && known.stamp === stamp) return known.tenancy
  const text = readFileSync(path, 'utf8')
  const json = readJsonText(text)
  if (json.kind === 'fault') {
    const { line, column } = positionOf(text, json.fault.offset)
    throw new Problem(
      'E-TENANCY-SYNTAX',
      `${path}:${line}:${column}: ${json.fault.message}`,
      'Correct the JSON at that place.',
    )
  }
  const tenancy = fromValue(json.value, { file: path, text, offsets: json.offsets })
  files.set(path, { stamp, tenancy })
  return tenancy
}

function stampOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true })
  if (stat === undefined || !stat.isFile()) {
    throw new Problem(
      'E-TENANCY-MISSING',
      stat === undefined ? `there is no tenancy model at ${path}` : `${path} is no file`,
      'Run `watertight init` to infer one from your schema, or name the file (settings.watertight.tenancy, --tenancy).',
    )
  }
  return `${stat.mtimeNs}:${stat.size}:${stat.ino}`
}

function fromValue(value: unknown, source: Source): Tenancy {
  const check = validate as unknown as {
    (value: unknown): boolean
    errors?: readonly ValidationError[] | null
  }
  if (!check(value)) throw invalidTenancy(check.errors ?? [], source)
  return resolveTenancy(value as TenancyFile, source.file)
}
