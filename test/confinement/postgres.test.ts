import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect, type Client } from '../../harness/postgres/connection.ts'
import { startPostgres, type PostgresServer } from '../../harness/postgres/server.ts'
import { confine } from '../../rules/confinement/confine.ts'
import type { OccurrenceVerdict, OwnershipOf, TenantValue } from '../../rules/confinement/verdict.ts'
import { toStatements } from '../../rules/sql/statements.ts'
import type { Statement } from '../../rules/sql/statement.ts'
import { randomness, RandomSql, tables, tableToken, type TableName } from './random-sql.ts'

/** The acting tenant; 2 and 3 are others, and rows without a tenant belong to nobody. */
const tenant = 1

const ownershipOf: OwnershipOf = ({ name }) => {
  if (name === 'a' || name === 'b') return { kind: 'owned', column: 'tenant_id' }
  if (name === 'c') return { kind: 'through', column: 'b_id', parent: 'b', parentColumn: 'id' }
  return { kind: 'global', reason: 'reference data' }
}

const tenantValue: TenantValue = (operand) =>
  operand.kind === 'parameter' || (operand.kind === 'literal' && operand.value === tenant)
    ? 'tenant'
    : operand.kind === 'literal'
      ? 'other'
      : 'unknown'

const names = Object.keys(tables) as TableName[]

let server: PostgresServer
let client: Client

beforeAll(async () => {
  server = await startPostgres()
  const database = await server.createDatabase()
  client = await connect(database.url)
  for (const schema of ['everyone', 'own']) {
    await client.query(`CREATE SCHEMA ${schema}`)
    for (const name of names) {
      const key = name === 'b' ? 'id int PRIMARY KEY' : 'id int'
      const columns = tables[name].filter((column) => column !== 'id').map((column) => `${column} int`)
      await client.query(`CREATE TABLE ${schema}.${name} (${[key, ...columns].join(', ')})`)
    }
  }
})

afterAll(async () => {
  await client?.end()
  await server?.stop()
})

/** Rows in which ids, values and tenants meet by chance, with NULLs among them; `own` holds the tenant's part. */
async function plant(random: () => number): Promise<void> {
  const value = (choices: readonly string[]): string => choices[Math.floor(random() * choices.length)]!
  await client.query(names.flatMap((name) => [`TRUNCATE everyone.${name}`, `TRUNCATE own.${name}`]).join(';'))
  for (const name of names) {
    const rows = Array.from({ length: 7 }, (_, index) => {
      const cells = tables[name].map((column) => {
        if (column === 'id') return String(index)
        if (column === 'tenant_id') return value(['1', '1', '2', '3', 'NULL'])
        return value(['0', '1', '2', '3', 'NULL'])
      })
      return `(${cells.join(', ')})`
    })
    await client.query(`INSERT INTO everyone.${name} VALUES ${rows.join(', ')}`)
  }
  await client.query(`
    INSERT INTO own.a SELECT * FROM everyone.a WHERE tenant_id = ${tenant};
    INSERT INTO own.b SELECT * FROM everyone.b WHERE tenant_id = ${tenant};
    INSERT INTO own.c SELECT c.* FROM everyone.c c JOIN own.b b ON b.id = c.b_id;
    INSERT INTO own.g SELECT * FROM everyone.g`)
}

const columnsOf = ({ name }: { readonly name: string }): readonly string[] | null =>
  name in tables ? tables[name as TableName] : null

function parse(text: string): Statement {
  const parsed = toStatements(
    withTables(text, () => ''),
    { columnsOf },
  )
  if (parsed.kind === 'error') throw new Error(`${parsed.message}: ${text}`)
  return parsed.statements[0]!.statement!
}

function withTables(text: string, schemaOf: (table: TableName) => string): string {
  return names.reduce((filled, name) => filled.replaceAll(tableToken(name), `${schemaOf(name)}${name}`), text)
}

/** Tables of which every mention is confined. */
function confinedTables(verdicts: readonly OccurrenceVerdict[]): Set<TableName> {
  const of = (name: string): OccurrenceVerdict[] =>
    verdicts.filter(({ occurrence }) => occurrence.relation.name === name)
  return new Set(
    names.filter(
      (name) =>
        name !== 'g' && of(name).length > 0 && of(name).every(({ verdict }) => verdict.kind === 'confined'),
    ),
  )
}

/** The rows as a sorted text; null when the statement is not valid SQL (class 42), which random text sometimes is. */
async function rowsOf(text: string): Promise<string | null> {
  // A statement that does not mention $1 takes no value.
  const values = text.includes('$1') ? [tenant] : []
  try {
    const { rows } = await client.query(text.replaceAll('$1', '$1::int'), values)
    return JSON.stringify(rows.map((row) => JSON.stringify(row)).sort())
  } catch (error) {
    const code = String((error as { code?: unknown }).code)
    if (code.startsWith('42') || code === '0A000') return null
    throw error
  }
}

describe('verdicts against PostgreSQL', () => {
  it('returns the same without the rows of others, wherever every mention is confined', async () => {
    const random = randomness(20_26)
    const generator = new RandomSql(random)
    const count = Number(process.env['WATERTIGHT_DIFFERENTIAL'] ?? 2000)
    const misses: string[] = []
    let mentions = 0
    let confined = 0
    let run = 0
    let invalid = 0
    for (let index = 0; index < count; index++) {
      if (index % 50 === 0) await plant(random)
      const text = generator.select()
      const verdicts = confine(parse(text), ownershipOf, tenantValue)
      const owned = verdicts.filter(({ ownership }) => ownership.kind !== 'global')
      mentions += owned.length
      confined += owned.filter(({ verdict }) => verdict.kind === 'confined').length
      const removed = confinedTables(verdicts)
      if (removed.size === 0) continue
      const all = await rowsOf(withTables(text, () => 'everyone.'))
      if (all === null) {
        invalid++
        continue
      }
      run++
      const own = await rowsOf(withTables(text, (name) => (removed.has(name) ? 'own.' : 'everyone.')))
      if (all !== own) misses.push(`${text}\n${all}\n${own}\n${[...removed].join()}`)
    }
    console.log(
      `${count} SELECTs, ${mentions} owned mentions, ${((100 * confined) / mentions).toFixed(1)} % confined; ` +
        `${run} compared with the rows of others removed, ${invalid} not valid, ${misses.length} misses`,
    )
    expect(misses.slice(0, 3)).toEqual([])
    expect(run).toBeGreaterThan(count / 20)
  }, 300_000)

  it('changes no row of others, wherever the target is confined', async () => {
    const random = randomness(7)
    const generator = new RandomSql(random)
    const misses: string[] = []
    let run = 0
    for (let index = 0; index < 600; index++) {
      if (index % 50 === 0) await plant(random)
      const { text, table } = generator.change()
      const verdicts = confine(parse(text), ownershipOf, tenantValue)
      const target = verdicts.find(({ occurrence }) => occurrence.access !== 'read')!
      if (target.verdict.kind !== 'confined') continue
      const foreign = `SELECT t.* FROM everyone.${table} t WHERE NOT EXISTS (SELECT FROM own.${table} o WHERE o.id = t.id)`
      const owners = table === 'c' ? 'JOIN own.b p ON p.id = t.b_id' : `WHERE t.tenant_id = ${tenant}`
      const before = await rowsOf(foreign)
      await client.query('BEGIN')
      if ((await rowsOf(withTables(text, () => 'everyone.'))) === null) {
        await client.query('ROLLBACK')
        continue
      }
      run++
      const after = await rowsOf(foreign)
      const own = await rowsOf(
        `SELECT t.id FROM own.${table} o JOIN everyone.${table} t ON t.id = o.id WHERE t.id NOT IN (SELECT t.id FROM everyone.${table} t ${owners})`,
      )
      await client.query('ROLLBACK')
      const unowned = table === 'c' ? /SET b_id = NULL/.test(text) : false
      if (before !== after || (!unowned && own !== '[]')) misses.push(`${text}\n${before}\n${after}\n${own}`)
    }
    console.log(`600 UPDATEs and DELETEs, ${run} confined and run, ${misses.length} misses`)
    expect(misses.slice(0, 3)).toEqual([])
    expect(run).toBeGreaterThan(100)
  }, 300_000)
})
