import { existsSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { Problem } from '../../rules/problem.ts'
import type { Inference } from '../../rules/tenancy/infer.ts'
import type { InferenceNote } from '../../rules/tenancy/owners.ts'
import { loadTenancy } from '../../rules/tenancy/read.ts'
import type { DatabaseShape } from '../../rules/tenancy/shape.ts'
import type { SingleTenantSigns } from '../../rules/tenancy/single-tenant.ts'
import type { TenancyFile, TenancyFileRelation } from '../../rules/tenancy/tenancy.ts'
import { paintFor } from '../report/console.ts'
import { readArguments, usage } from './arguments.ts'
import type { Command, Io } from './command.ts'
import { withDatabase } from './database.ts'
import { textTable } from './text-table.ts'

const help = `
Usage: watertight init [--from PATH]... [--database URL] [--tenant-column NAME]... [--out FILE] [--yes]

Infers the tenancy model from your schema, writes it, and says what it was unsure of.

  --from PATH           a file or folder with your schema: models (Prisma, Drizzle, TypeORM, MikroORM, Sequelize),
                        migrations in SQL or in code, or types of tables; found by itself when neither --from nor
                        --database is given
  --database URL        a live PostgreSQL database; only its catalog is read
  --tenant-column NAME  the column that carries the tenant, most specific first; found by itself otherwise
  --out FILE            where to write the model (tenancy.json)
  --yes                 write over an existing file; what it says of trusted, guards, clients, tenantless files and a single tenant is kept

Examples:
  watertight init
  watertight init --from prisma/schema.prisma
  watertight init --from packages/db/src/schema
  watertight init --from db/migrations --tenant-column workspace_id --tenant-column organization_id
  watertight init --database postgres://localhost/app --out tenancy.json --yes
`

const schemaFile = 'node_modules/watertight/rules/tenancy/tenancy.schema.json'

/** Writes `tenancy.json`. */
export const init: Command = {
  name: 'init',
  summary: 'infer tenancy.json from your schema, its migrations or a database',
  help,
  run: async (argv, io) => {
    const { options } = readArguments(
      'init',
      argv,
      { from: 'many', database: 'one', 'tenant-column': 'many', out: 'one', yes: 'flag' },
      { most: 0, what: '' },
    )
    const out = resolve(io.cwd, options.out ?? 'tenancy.json')
    if (existsSync(out) && !options.yes) {
      throw usage('init', `${relative(io.cwd, out)} exists; --yes writes over it, --out names another file`)
    }
    const { sources, shapes, beside } = await readSources(options.from, options.database, io).finally(() =>
      told('', io),
    )
    const { inferTenancy } = await import('../../rules/tenancy/infer.ts')
    const inference = inferTenancy(shapes, {
      tenantColumns: options['tenant-column'],
      beside,
      ...schemaOption(out),
    })
    refuseEmpty(inference, options['tenant-column'])
    const file = { ...inference.file, ...keptFrom(out) }
    // What is written can be read: a contradiction shows here and not in the next command.
    loadTenancy(file)
    writeFileSync(out, `${JSON.stringify(file, null, 2)}\n`)
    const named = new Set(shapes.flatMap(({ relations }) => relations.map(({ name }) => name)))
    printSummary({ ...inference, file }, { sources, own: named.size }, relative(io.cwd, out) || out, io)
    if (file.singleTenant === undefined) {
      const { singleTenantSigns } = await import('../../rules/tenancy/single-tenant.ts')
      printSigns(singleTenantSigns(io.cwd, file.tenantColumns), io)
    }
    return 0
  },
}

async function readSources(
  from: readonly string[],
  database: string | null,
  io: Io,
): Promise<{ sources: string[]; shapes: DatabaseShape[]; beside: readonly DatabaseShape[] }> {
  const { detectSchema, readBeside, readSource } = await import('../../rules/tenancy/sources.ts')
  const reading = (path: string) => told(`Reading ${relative(io.cwd, path) || '.'} …`, io)
  told('Looking for a schema …', io)
  const given = from.map((path) => resolve(io.cwd, path))
  const detected =
    given.length > 0 || database !== null ? { sources: given, beside: [] } : detectSchema(io.cwd)
  const paths = detected.sources
  const shapes = paths.map((path) => {
    reading(path)
    return readSource(path)
  })
  const sources = paths.map((path) => relative(io.cwd, path) || '.')
  if (database !== null) {
    const { readCatalog } = await import('../../rules/audit/index.ts')
    const { shapeOfSchema } = await import('../../rules/tenancy/schema-shape.ts')
    shapes.unshift(shapeOfSchema(await withDatabase(database, readCatalog)))
    sources.unshift('the live database')
  }
  if (!shapes.some(({ relations }) => relations.length > 0)) {
    throw new Problem(
      'E-SCHEMA-MISSING',
      paths.length === 0 && database === null
        ? 'found no schema and no migrations in this folder'
        : `${sources.join(', ')}: no table in it`,
      'Name your schema with --from PATH, or a live database with --database URL.',
    )
  }
  return { sources, shapes, beside: readBeside(detected, reading) }
}

/** A line that the next one takes the place of, where a person is looking. */
function told(text: string, { stderr }: Io): void {
  if (stderr.live) stderr.write(`\r\u001b[2K${text.slice(0, stderr.columns - 1)}`)
}

/** A model without tenants would make every relation global, and everything clean. */
function refuseEmpty({ file, notes }: Inference, given: readonly string[]): void {
  const used = Object.values(file.relations).some((entry) => 'owned' in entry || 'ownedThrough' in entry)
  if (used) return
  throw new Problem(
    'E-USAGE',
    given.length > 0
      ? `watertight init: no relation is owned by a tenant through ${given.join(', ')}`
      : `watertight init: ${notes.find(({ relation }) => relation === null)?.text ?? 'no tenant was found'}`,
    'Name the column that carries the tenant with --tenant-column NAME.',
  )
}

function schemaOption(out: string): { $schema?: string } {
  for (let folder = dirname(out); ; folder = dirname(folder)) {
    const found = join(folder, schemaFile)
    if (existsSync(found)) {
      const path = relative(dirname(out), found).replaceAll('\\', '/')
      return { $schema: path.startsWith('.') ? path : `./${path}` }
    }
    if (folder === dirname(folder)) return {}
  }
}

/** What no schema tells and a person wrote; an unreadable old file has nothing to keep. */
function keptFrom(
  out: string,
): Partial<
  Pick<
    TenancyFile,
    'trusted' | 'guards' | 'scopedClients' | 'unscopedClients' | 'tenantless' | 'singleTenant'
  >
> {
  if (!existsSync(out)) return {}
  try {
    const { trusted, guards, scopedClients, unscopedClients, tenantless, singleTenant } = loadTenancy(out)
    return {
      ...(trusted.length === 0 ? {} : { trusted }),
      ...(Object.keys(guards).length === 0 ? {} : { guards }),
      ...(scopedClients.length === 0 ? {} : { scopedClients }),
      ...(unscopedClients.length === 0 ? {} : { unscopedClients }),
      ...(tenantless.length === 0 ? {} : { tenantless }),
      ...(singleTenant === null ? {} : { singleTenant }),
    }
  } catch (error) {
    if (error instanceof Problem) return {}
    throw error
  }
}

const kinds = ['root', 'owned', 'ownedThrough', 'global', 'unknown'] as const

function printSummary(
  { file, notes }: Inference,
  { sources, own }: { readonly sources: readonly string[]; readonly own: number },
  out: string,
  io: Io,
): void {
  const paint = paintFor(io.stdout)
  const line = (text = '') => io.stdout.write(`${text}\n`)
  const more = Object.keys(file.relations).length - own
  const beside = more > 0 ? `, and ${more} more in other packages and migrations` : ''
  line(`Read ${sources.join(', ')}: ${own} relations${beside}.`)
  line(
    `Tenant root ${paint.bold(file.tenantRoot ?? '(none)')}, tenant columns ${paint.bold(file.tenantColumns.join(', '))}.`,
  )
  line()
  const doubtful = new Map<string, string>()
  for (const { relation, text } of notes) if (relation !== null) doubtful.set(relation, text)
  for (const text of textTable(
    Object.entries(file.relations).map((entry) => tableRow(entry, doubtful, paint)),
    '  ',
  )) {
    line(text)
  }
  line()
  line(
    kinds
      .map((kind) => `${Object.values(file.relations).filter((entry) => kind in entry).length} ${kind}`)
      .join(', '),
  )
  printNotes(notes, line, paint)
  line()
  line(`Wrote ${paint.bold(out)}.`)
  if ((file.trusted ?? []).length === 0) {
    line('Name in "trusted" where the authenticated tenant comes from, such as "request.tenant.id".')
  }
}

/** Signs of a program with one tenant are told; only a person can say that they are the whole truth. */
function printSigns(signs: SingleTenantSigns | null, io: Io): void {
  if (signs === null) return
  const { constant, given, otherwise } = signs
  const entry = `"singleTenant": { "constant": "${constant}", "reason": "…" }`
  const line = (text: string) => io.stdout.write(`${text}\n`)
  line(`Whoever acts is given the tenant \`${constant}\` at ${given.join(', ')}.`)
  if (otherwise.length > 0) line(`The acting tenant is set otherwise at ${otherwise.join(', ')}.`)
  line(`If nobody ever acts in another tenant, say so, and the linter asks for no filters: ${entry}.`)
}

function tableRow(
  [name, entry]: readonly [string, TenancyFileRelation],
  doubtful: ReadonlyMap<string, string>,
  paint: ReturnType<typeof paintFor>,
): string[] {
  const kind = kinds.find((candidate) => candidate in entry)!
  const value = (entry as unknown as Record<string, unknown>)[kind]
  const color = {
    root: paint.cyan,
    owned: paint.green,
    ownedThrough: paint.green,
    global: paint.blue,
    unknown: paint.red,
  }
  const detail = Array.isArray(value) ? `${String(value[0])} -> ${String(value[1])}` : String(value)
  return [doubtful.has(name) ? paint.yellow('?') : ' ', name, color[kind](kind), detail]
}

/** Relations with one doubt in common are told together. */
function printNotes(
  notes: readonly InferenceNote[],
  line: (text?: string) => void,
  paint: ReturnType<typeof paintFor>,
): void {
  if (notes.length === 0) return
  line()
  line(paint.bold('Look at these:'))
  const groups = new Map<string, string[]>()
  for (const { relation, text } of notes) {
    groups.set(text, [...(groups.get(text) ?? []), ...(relation === null ? [] : [relation])])
  }
  for (const [text, relations] of groups) {
    line(
      `  ${paint.yellow('?')} ${relations.length === 0 ? '' : `${paint.bold(relations.join(', '))}: `}${text}`,
    )
  }
}
