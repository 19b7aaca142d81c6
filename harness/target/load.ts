import { access } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createJiti } from 'jiti'
import { Problem } from '../../rules/problem.ts'
import type { Target } from './target.ts'

/** A validated target with the place it came from: every relative path in it starts there. @public */
export interface LoadedTarget {
  readonly target: Target
  /** Absolute path of the target file. */
  readonly file: string
  /** Absolute path of the service's source; the folder of the target file when it names none. */
  readonly directory: string
}

/**
 * Reads a target file (`export default defineTarget({ … })`), TypeScript or JavaScript.
 *
 * @throws Problem E-TARGET-MISSING when there is no such file, E-TARGET-INVALID when it does not load or is no target.
 * @public
 */
export async function loadTarget(path: string): Promise<LoadedTarget> {
  const file = resolve(path)
  try {
    await access(file)
  } catch (cause) {
    throw new Problem(
      'E-TARGET-MISSING',
      `There is no target file ${path}.`,
      'Write one (see docs/guides/target.md), or give the path of an existing one.',
      { cause },
    )
  }
  return locateTarget(await importDefault(file, path), file)
}

/** Validates a target that was made in the program and gives it a place. @public */
export function locateTarget(value: unknown, file: string): LoadedTarget {
  const faults = faultsOf(value)
  if (faults.length > 0) {
    throw new Problem(
      'E-TARGET-INVALID',
      `${file} is no target: ${faults.join('; ')}.`,
      'Export the target as default: export default defineTarget({ name, baseUrl or start, provision, authenticate, … }).',
    )
  }
  const target = value as Target
  const home = dirname(file)
  return { target, file, directory: target.directory === undefined ? home : resolve(home, target.directory) }
}

async function importDefault(file: string, shown: string): Promise<unknown> {
  try {
    const jiti = createJiti(pathToFileURL(file).href, { interopDefault: false, moduleCache: true })
    const module = await jiti.import<{ default?: unknown }>(file)
    return module.default
  } catch (cause) {
    throw new Problem(
      'E-TARGET-INVALID',
      `${shown} does not load: ${cause instanceof Error ? cause.message : String(cause)}.`,
      'Mend the target file; run it with `node --import tsx` to see the whole error.',
      { cause },
    )
  }
}

/** Field → what it must be, and the test. Absent fields pass unless required. */
const shapes: readonly (readonly [field: string, must: string, test: (value: unknown) => boolean])[] = [
  ['start', 'a function', isFunction],
  ['baseUrl', 'an http(s) URL', isUrl],
  ['directory', 'a path', isText],
  ['openapi', 'a path, a URL path or a document', (value) => isText(value) || isRecord(value)],
  ['operations', 'an array of operations with an id', isOperationList],
  ['classify', "a record of 'public: …', 'operator: …' or 'tenant'", isClassification],
  ['hints', 'an array of tenant hints', isHintList],
  [
    'database',
    'an object with the path of `tenancy`',
    (value) => isRecord(value) && isText(value['tenancy']),
  ],
  ['sharing', 'an array of { operation, field, reason }', isSharingList],
  ['success', 'a function', isFunction],
]

function faultsOf(value: unknown): string[] {
  if (!isRecord(value)) return ['its default export is no object']
  const faults: string[] = []
  if (!isText(value['name'])) faults.push('`name` must be a text')
  for (const field of ['provision', 'authenticate'])
    if (!isFunction(value[field])) faults.push(`\`${field}\` must be a function`)
  for (const [field, must, test] of shapes)
    if (value[field] !== undefined && !test(value[field])) faults.push(`\`${field}\` must be ${must}`)
  if (value['start'] === undefined && value['baseUrl'] === undefined)
    faults.push('it has neither `start` nor `baseUrl`')
  if (
    value['openapi'] === undefined &&
    !(Array.isArray(value['operations']) && value['operations'].length > 0)
  )
    faults.push('it has neither `openapi` nor `operations`')
  return faults
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function'
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isUrl(value: unknown): boolean {
  return isText(value) && /^https?:\/\//.test(value) && URL.canParse(value)
}

function isOperationList(value: unknown): boolean {
  return Array.isArray(value) && value.every((entry) => isRecord(entry) && isText(entry['id']))
}

function isClassification(value: unknown): boolean {
  return (
    isRecord(value) &&
    Object.values(value).every(
      (word) => word === 'tenant' || (typeof word === 'string' && /^(public|operator): \S/.test(word)),
    )
  )
}

function isHintList(value: unknown): boolean {
  const naming: Readonly<Record<string, string>> = {
    header: 'name',
    query: 'name',
    body: 'name',
    subdomain: 'suffix',
    path: 'parameter',
  }
  return (
    Array.isArray(value) &&
    value.every((hint) => {
      if (!isRecord(hint)) return false
      const key = naming[String(hint['in'])]
      return key !== undefined && isText(hint[key])
    })
  )
}

function isSharingList(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every(
      (entry) =>
        isRecord(entry) && isText(entry['operation']) && isText(entry['field']) && isText(entry['reason']),
    )
  )
}
