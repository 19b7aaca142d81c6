import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect, type Client } from '../../harness/postgres/connection.ts'
import { startPostgres, type PostgresServer } from '../../harness/postgres/server.ts'
import type { OccurrenceVerdict } from '../../rules/confinement/verdict.ts'
import { confineByAny } from '../../rules/query/judge.ts'
import { toStatements } from '../../rules/sql/statements.ts'
import { RandomSql } from './random-sql.ts'
import { randomness, tables, type TableName } from './random-tables.ts'
import { RandomWrites } from './random-writes.ts'
import {
  alsoOf,
  belongs,
  names,
  ownershipOf,
  type Picture,
  tenantValue,
  withTables,
  World,
} from './worlds.ts'

const count = Number(process.env['WATERTIGHT_DIFFERENTIAL'] ?? 2000)

/** Worlds in which is looked whether a mention that was not called confined is so by chance. */
const worldCount = 6

let server: PostgresServer
let client: Client
let worlds: World[]

beforeAll(async () => {
  server = await startPostgres()
  client = await connect((await server.createDatabase()).url)
  worlds = Array.from({ length: worldCount }, (_, index) => new World(client, index))
  for (const world of worlds) await world.make()
})

afterAll(async () => {
  await client?.end()
  await server?.stop()
})

const columnsOf = ({ name }: { readonly name: string }): readonly string[] | null =>
  name in tables ? tables[name as TableName] : null

function verdictsOf(text: string): readonly OccurrenceVerdict[] {
  const bare = (): string => ''
  const parsed = toStatements(withTables(text, bare, bare), { columnsOf })
  if (parsed.kind === 'error') throw new Error(`${parsed.message}: ${text}`)
  return confineByAny(parsed.statements[0]!.statement!, ownershipOf, alsoOf, tenantValue)
}

/** Tables of tenants that are mentioned, and those of them of which every mention is confined. */
function tablesOf(verdicts: readonly OccurrenceVerdict[]): {
  readonly mentioned: ReadonlySet<TableName>
  readonly confined: ReadonlySet<TableName>
} {
  const of = (name: string): readonly OccurrenceVerdict[] =>
    verdicts.filter(({ occurrence }) => occurrence.relation.name === name)
  const mentioned = names.filter((name) => name !== 'g' && of(name).length > 0)
  const confined = mentioned.filter((name) => of(name).every(({ verdict }) => verdict.kind === 'confined'))
  return { mentioned: new Set(mentioned), confined: new Set(confined) }
}

const isRead = ({ occurrence }: OccurrenceVerdict): boolean => occurrence.access === 'read'

/** Is the answer the same without the rows that others have in a table, in every world? */
async function isConfinedByRows(text: string, table: TableName): Promise<boolean> {
  for (const world of worlds) {
    const all = await world.rowsOf(world.filled(text))
    if (all === null || all !== (await world.rowsOf(world.filled(text, new Set([table]))))) return false
  }
  return true
}

/** What a write did to rows of others, or made of rows that were the tenant's. */
function trespasses(table: TableName, before: Picture, after: Picture): readonly string[] {
  const ids = new Set([...before[table].keys(), ...after[table].keys()])
  return [...ids].flatMap((id) => {
    const [old, made] = [before[table].get(id), after[table].get(id)]
    if (JSON.stringify(old) === JSON.stringify(made)) return []
    const parent = table === 'c' ? 'b_id' : table === 'e' ? 'c_id' : null
    const isNobodys = parent !== null && made?.[parent] === null
    const isFine =
      (old === undefined || belongs(table, old, before)) &&
      (made === undefined || isNobodys || belongs(table, made, after))
    return isFine ? [] : [`${table}: ${JSON.stringify(old)} became ${JSON.stringify(made)}`]
  })
}

/** What a statement does to the tables of which every written mention is confined. */
function kindsOf(verdicts: readonly OccurrenceVerdict[], written: ReadonlySet<TableName>): readonly string[] {
  return verdicts.flatMap((one) =>
    !isRead(one) && written.has(one.occurrence.relation.name as TableName) ? [one.occurrence.access] : [],
  )
}

describe('verdicts against PostgreSQL', () => {
  it('returns the same without the rows of others, wherever every mention is confined', async () => {
    const random = randomness(20_26)
    const generator = new RandomSql(random)
    const [world] = worlds as [World]
    const misses: string[] = []
    const tally = { run: 0, invalid: 0, called: 0, uncalled: 0 }
    for (let index = 0; index < count; index++) {
      if (index % 50 === 0) await world.plant(random)
      if (index % 500 === 0) for (const other of worlds.slice(1)) await other.plant(random)
      const text = generator.select()
      const { mentioned, confined } = tablesOf(verdictsOf(text))
      const isSample = index % 20 === 0
      if (confined.size === 0 && !isSample) continue
      const all = await world.rowsOf(world.filled(text))
      if (all === null) {
        tally.invalid++
        continue
      }
      tally.run++
      const own = confined.size === 0 ? all : await world.rowsOf(world.filled(text, confined))
      if (all !== own) misses.push(`${text}\n${all}\n${own}\n${[...confined].join()}`)
      if (!isSample) continue
      tally.called += confined.size
      for (const table of mentioned) {
        if (!confined.has(table) && (await isConfinedByRows(text, table))) tally.uncalled++
      }
    }
    const share = tally.called / (tally.called + tally.uncalled)
    console.log(
      `${count} SELECTs: ${tally.run} run without the rows of others, ${tally.invalid} not valid, ${misses.length} misses; ` +
        `of the tables that ${worldCount} worlds show confined, at least ${(100 * share).toFixed(1)} % are called so`,
    )
    expect(misses.slice(0, 3)).toEqual([])
    expect(tally.run).toBeGreaterThan(count / 20)
    expect(share).toBeGreaterThan(0.3)
  }, 3_000_000)

  it('changes no row of others, wherever what is written is confined', async () => {
    const random = randomness(7)
    const generator = new RandomWrites(random)
    const [world] = worlds as [World]
    const misses: string[] = []
    const kinds = new Map<string, number>()
    let before: Picture = await world.picture()
    const total = Math.floor(count / 2)
    for (let index = 0; index < total; index++) {
      if (index % 50 === 0) {
        await world.plant(random)
        before = await world.picture()
      }
      const text = generator.write()
      const verdicts = verdictsOf(text)
      const written = tablesOf(verdicts.filter((one) => !isRead(one))).confined
      if (written.size === 0) continue
      const done = await world.tried(world.filled(text))
      if (done === null) continue
      for (const kind of kindsOf(verdicts, written)) kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
      for (const table of written) {
        for (const trespass of trespasses(table, before, done.after)) misses.push(`${text}\n${trespass}`)
      }
      const read = tablesOf(verdicts.filter(isRead)).confined
      if (read.size === 0 || written.size < tablesOf(verdicts.filter((one) => !isRead(one))).mentioned.size)
        continue
      const without = await world.tried(world.filled(text, read))
      const told = (one: typeof done): string =>
        JSON.stringify([
          one.rows,
          names.map((table) => [...one.after[table].values()].map((row) => JSON.stringify(row)).sort()),
        ])
      if (without === null || told(without) !== told(done)) misses.push(`${text}\nreads ${[...read].join()}`)
    }
    const all = [...kinds].map(([kind, times]) => `${times} ${kind}`).join(', ')
    console.log(`${total} writes, of which confined and run: ${all}; ${misses.length} misses`)
    expect(misses.slice(0, 3)).toEqual([])
    expect([...kinds.values()].reduce((sum, times) => sum + times, 0)).toBeGreaterThan(total / 20)
  }, 3_000_000)
})
