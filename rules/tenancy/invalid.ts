import { Problem } from '../problem.ts'
import { pointerSegment, positionOf } from './json-text.ts'
import { nearest } from './nearest.ts'

/** One error of the compiled validator, as Ajv shapes it. */
export interface ValidationError {
  readonly instancePath: string
  readonly schemaPath: string
  readonly keyword: string
  readonly params: Readonly<Record<string, unknown>>
  readonly message?: string
}

/** The text that an invalid value came from; null for an inline object. */
export interface Source {
  readonly file: string | null
  readonly text: string | null
  readonly offsets: ReadonlyMap<string, number>
}

const kinds = ['owned', 'ownedThrough', 'global', 'root', 'unknown']

const keysAt: readonly (readonly [RegExp, readonly string[]])[] = [
  [
    /^$/,
    [
      '$schema',
      'tenantRoot',
      'tenantColumns',
      'setting',
      'relations',
      'trusted',
      'guards',
      'scopedClients',
      'unscopedClients',
      'tenantless',
      'rowLevelSecurity',
    ],
  ],
  [/^\/relations\/[^/]+$/, [...kinds, 'also', 'model', 'key', 'properties', 'relationFields']],
  [/^\/relations\/[^/]+\/relationFields\/[^/]+$/, ['to', 'many', 'on']],
  [/^\/tenantless\/\d+$/, ['files', 'reason']],
]

/** What is wrong with the file, all of it, each with its place. */
export function invalidTenancy(errors: readonly ValidationError[], source: Source): Problem {
  const lines = new Set<string>()
  for (const error of errors) {
    const text = describe(error)
    if (text !== null) lines.add(`${place(error, source)}: ${text}`)
  }
  const shown = [...lines].slice(0, 8)
  const more = lines.size - shown.length
  return new Problem(
    'E-TENANCY-INVALID',
    [`${source.file ?? 'the tenancy model'} does not say what a tenancy model must say`, ...shown]
      .concat(more > 0 ? [`and ${more} more`] : [])
      .join('\n  '),
    'Mend the named places; docs/guides/tenancy.md explains every key, and editors complete it through `$schema`.',
  )
}

function describe(error: ValidationError): string | null {
  const { keyword, params } = error
  switch (keyword) {
    case 'additionalProperties':
      return unknownKey(error.instancePath, String(params['additionalProperty']))
    case 'required':
      return error.schemaPath.includes('/oneOf/')
        ? null
        : `the key ${JSON.stringify(params['missingProperty'])} is missing`
    case 'oneOf':
      return `must hold exactly one of ${kinds.map((kind) => JSON.stringify(kind)).join(', ')}`
    case 'type':
      return `must be ${[params['type']].flat().join(' or ')}`
    case 'enum':
      return `must be one of ${(params['allowedValues'] as unknown[]).map((value) => JSON.stringify(value)).join(', ')}`
    case 'minItems':
    case 'maxItems':
      return error.instancePath.endsWith('/ownedThrough')
        ? 'must be [own column, parent relation] or [own column, parent relation, parent column]'
        : (error.message ?? keyword)
    case 'pattern':
      return error.instancePath === '/setting'
        ? 'must be the name of a custom setting with a dot in it, such as "app.tenant_id"'
        : 'must not be empty'
    case 'propertyNames':
      return null
    default:
      return error.message ?? keyword
  }
}

function unknownKey(path: string, key: string): string {
  const known = keysAt.find(([pattern]) => pattern.test(path))?.[1] ?? []
  const meant = nearest(key, known)
  return `unknown key ${JSON.stringify(key)}${meant === null ? '' : `, did you mean ${JSON.stringify(meant)}?`}`
}

/** `relations.projects.owned (line 4, column 17)`. */
function place(error: ValidationError, source: Source): string {
  const extra = error.params['additionalProperty']
  const pointer = error.instancePath + (typeof extra === 'string' ? pointerSegment(extra) : '')
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
    .join('.')
  const offset = source.offsets.get(pointer)
  const where = path === '' ? 'top level' : path
  if (offset === undefined || source.text === null) return where
  const { line, column } = positionOf(source.text, offset)
  return `${where} (line ${line}, column ${column})`
}
