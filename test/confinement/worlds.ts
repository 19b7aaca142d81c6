import type { Client } from '../../harness/postgres/connection.ts'
import type { OwnershipOf, TenantValue } from '../../rules/confinement/verdict.ts'
import { tables, type TableName, tableToken, targetToken } from './random-tables.ts'

/** The acting tenant; 2 and 3 are others, and rows without a tenant belong to nobody. */
export const tenant = 1

export const names = Object.keys(tables) as TableName[]

const stored = names.filter((name) => name !== 'v')

export const ownershipOf: OwnershipOf = ({ name }) => {
  if (/^[abdv]$/.test(name)) return { kind: 'owned', column: 'tenant_id' }
  if (name === 'c') return { kind: 'through', column: 'b_id', parent: 'b', parentColumn: 'id' }
  if (name === 'e') return { kind: 'through', column: 'c_id', parent: 'c', parentColumn: 'id' }
  return { kind: 'global', reason: 'reference data' }
}

export const alsoOf = ({ name }: { readonly name: string }): readonly string[] =>
  name === 'd' ? ['area_id'] : []

export const tenantValue: TenantValue = (operand) =>
  operand.kind === 'parameter' || (operand.kind === 'literal' && operand.value === tenant)
    ? 'tenant'
    : operand.kind === 'literal'
      ? 'other'
      : 'unknown'

/** One cell or several of a row, by column. */
export type Row = Readonly<Record<string, number | null>>

/** All rows of all tables, by id. */
export type Picture = Readonly<Record<TableName, ReadonlyMap<number, Row>>>

/** Does a row of a table belong to the tenant, given all rows? */
export function belongs(name: TableName, row: Row, picture: Picture): boolean {
  if (name === 'c') return isChild('b', row['b_id'], picture)
  if (name === 'e') return isChild('c', row['c_id'], picture)
  return row['tenant_id'] === tenant || (name === 'd' && row['area_id'] === tenant)
}

function isChild(parent: TableName, id: number | null | undefined, picture: Picture): boolean {
  const found = id == null ? undefined : picture[parent].get(id)
  return found !== undefined && belongs(parent, found, picture)
}

/** A database with the rows of everyone, and beside it the part of them that is the tenant's. */
export class World {
  readonly #client: Client
  readonly everyone: string
  readonly own: string

  constructor(client: Client, number: number) {
    this.#client = client
    this.everyone = `everyone${number}`
    this.own = `own${number}`
  }

  async make(): Promise<void> {
    for (const schema of [this.everyone, this.own]) {
      await this.#client.query(`CREATE SCHEMA ${schema}`)
      for (const name of stored) {
        const [, second] = tables[name]
        const columns = tables[name].map((column) => `${column} int${column === 'id' ? ' PRIMARY KEY' : ''}`)
        await this.#client.query(
          `CREATE TABLE ${schema}.${name} (${columns.join(', ')}, UNIQUE (${second}, id))`,
        )
      }
      await this.#client.query(
        `CREATE VIEW ${schema}.v AS SELECT id, tenant_id, x FROM ${schema}.a WHERE x IS DISTINCT FROM 3`,
      )
    }
  }

  /** Rows in which ids, values and tenants meet by chance, with NULLs among them. */
  async plant(random: () => number): Promise<void> {
    const { everyone, own } = this
    const value = (choices: readonly string[]): string => choices[Math.floor(random() * choices.length)]!
    const inserts = stored.map((name) => {
      const rows = Array.from({ length: 7 }, (_, index) => {
        const cells = tables[name].map((column) => {
          if (column === 'id') return String(index)
          if (column === 'tenant_id' || column === 'area_id') return value(['1', '1', '2', '3', 'NULL'])
          return value(['0', '1', '2', '3', 'NULL'])
        })
        return `(${cells.join(', ')})`
      })
      return `INSERT INTO ${everyone}.${name} VALUES ${rows.join(', ')}`
    })
    await this.#client.query(
      [
        ...stored.flatMap((name) => [`DELETE FROM ${everyone}.${name}`, `DELETE FROM ${own}.${name}`]),
        ...inserts,
        ...['a', 'b'].map(
          (name) =>
            `INSERT INTO ${own}.${name} SELECT * FROM ${everyone}.${name} WHERE tenant_id = ${tenant}`,
        ),
        `INSERT INTO ${own}.c SELECT c.* FROM ${everyone}.c c JOIN ${own}.b b ON b.id = c.b_id`,
        `INSERT INTO ${own}.e SELECT e.* FROM ${everyone}.e e JOIN ${own}.c c ON c.id = e.c_id`,
        `INSERT INTO ${own}.d SELECT * FROM ${everyone}.d WHERE tenant_id = ${tenant} OR area_id = ${tenant}`,
        `INSERT INTO ${own}.g SELECT * FROM ${everyone}.g`,
      ].join(';'),
    )
  }

  /** The text on all rows, but for the tables of which only the tenant's are read. */
  filled(text: string, removed: ReadonlySet<TableName> = new Set()): string {
    return withTables(
      text,
      (name) => `${removed.has(name) ? this.own : this.everyone}.`,
      () => `${this.everyone}.`,
    )
  }

  /**
   * The rows as a sorted text; null when PostgreSQL refuses the statement as it is written (class 42) or for the rows that it meets
   * (21, 23), which random text sometimes brings about.
   */
  async rowsOf(text: string): Promise<string | null> {
    // A statement that does not mention $1 takes no value.
    const values = text.includes('$1') ? [tenant] : []
    try {
      const { rows } = await this.#client.query(text.replaceAll('$1', '$1::int'), values)
      return JSON.stringify(rows.map((row) => JSON.stringify(row)).sort())
    } catch (error) {
      const code = String((error as { code?: unknown }).code)
      if (/^(?:42|21|23)/.test(code) || code === '0A000') return null
      throw error
    }
  }

  async picture(): Promise<Picture> {
    const parts = stored.map(
      (name) => `SELECT '${name}' AS name, (SELECT json_agg(t) FROM ${this.everyone}.${name} t) AS rows`,
    )
    const { rows } = await this.#client.query(parts.join(' UNION ALL '))
    const found = (rows as { name: TableName; rows: Row[] | null }[]).map(
      (one) => [one.name, new Map((one.rows ?? []).map((row) => [row['id']!, row]))] as const,
    )
    return Object.fromEntries([...found, ['v', new Map()]]) as unknown as Picture
  }

  /** Runs a write, tells what it returned and left behind, and takes it back. */
  async tried(text: string): Promise<{ readonly rows: string; readonly after: Picture } | null> {
    await this.#client.query('BEGIN')
    const rows = await this.rowsOf(text)
    const after = rows === null ? null : await this.picture()
    await this.#client.query('ROLLBACK')
    return rows === null || after === null ? null : { rows, after }
  }
}

export function withTables(
  text: string,
  read: (table: TableName) => string,
  written: (table: TableName) => string,
): string {
  return names.reduce(
    (filled, name) =>
      filled
        .replaceAll(tableToken(name), `${read(name)}${name}`)
        .replaceAll(targetToken(name), `${written(name)}${name}`),
    text,
  )
}
