import type { Item } from './random-conditions.ts'
import { RandomSql } from './random-sql.ts'
import { tables, targetToken } from './random-tables.ts'

type Written = 'a' | 'b' | 'c' | 'd' | 'e'

/** The column that says whose row it is. */
const keyOf: Readonly<Record<Written, string>> = {
  a: 'tenant_id',
  b: 'tenant_id',
  c: 'b_id',
  d: 'tenant_id',
  e: 'c_id',
}

/** Random statements that write. */
export class RandomWrites extends RandomSql {
  write(): string {
    this.names = 0
    this.ctes = []
    const withs = this.withs()
    if (this.chance(0.2)) {
      const inner = `${this.alias()} AS (${this.change(true)})`
      const before = withs === '' ? 'WITH ' : `${withs.trimEnd()}, `
      const rest = this.chance(0.5) ? this.change(false) : this.query([], 2).text
      return `${before}${inner} ${rest}`
    }
    return `${withs}${this.change(this.chance(0.3))}`
  }

  private change(returns: boolean): string {
    const kind = this.random()
    const text =
      kind < 0.25
        ? this.deletion()
        : kind < 0.55
          ? this.update()
          : kind < 0.9
            ? this.insertion()
            : this.merge()
    return returns && kind < 0.9 ? `${text} RETURNING id` : text
  }

  private target(): Item & { readonly table: Written } {
    const table = this.pick(['a', 'b', 'c', 'd', 'e'] as const)
    return { alias: this.alias(), columns: tables[table], table }
  }

  /** Further relations, and a condition on all of them. The target is not in reach of ON conditions among the others. */
  private beside(target: Item): {
    readonly from: string | null
    readonly where: string
    readonly scope: readonly Item[]
  } {
    const others: Item[] = []
    const from = this.chance(0.4) ? this.from(others, 2) : null
    const scope = [target, ...others]
    return { from, where: this.condition(scope, 2), scope }
  }

  private deletion(): string {
    const target = this.target()
    const { from, where } = this.beside(target)
    return `DELETE FROM ${targetToken(target.table)} ${target.alias}${from === null ? '' : ` USING ${from}`} WHERE ${where}`
  }

  private update(): string {
    const target = this.target()
    const { from, where, scope } = this.beside(target)
    const column = this.pick(target.columns.filter((name) => name !== 'id'))
    const value = this.chance(0.4) ? '$1' : this.scalar(scope)
    const set = `SET ${column} = ${value}`
    return `UPDATE ${targetToken(target.table)} ${target.alias} ${set}${from === null ? '' : ` FROM ${from}`} WHERE ${where}`
  }

  private insertion(): string {
    const target = this.target()
    const list = target.columns.join(', ')
    return `INSERT INTO ${targetToken(target.table)} AS ${target.alias} (${list}) ${this.source(target)}${this.conflict(target)}`
  }

  private source({ columns, table }: Item & { readonly table: Written }): string {
    if (this.chance(0.5)) {
      const rows = Array.from(
        { length: 1 + Math.floor(this.random() * 2) },
        () => `(${this.row(columns, table, [])})`,
      )
      return `VALUES ${rows.join(', ')}`
    }
    const scope: Item[] = []
    const from = this.from(scope, 2)
    return `SELECT ${this.row(columns, table, scope)} FROM ${from} WHERE ${this.condition(scope, 2)}`
  }

  /** A row that often is the tenant's. */
  private row(columns: readonly string[], table: Written, scope: readonly Item[]): string {
    return columns
      .map((column) => {
        if (column === 'id') return this.pick(['1', '4', '8', '9'])
        if (column === keyOf[table] && column === 'tenant_id' && this.chance(0.6)) return '$1'
        const parent = column === 'b_id' ? 'b' : column === 'c_id' ? 'c' : null
        const known = scope.find((item) => item.table === parent)
        if (known !== undefined && this.chance(0.7)) return `${known.alias}.id`
        return scope.length > 0 && this.chance(0.5)
          ? this.column(scope)
          : this.pick(['0', '1', '2', '$1', 'NULL::int'])
      })
      .join(', ')
  }

  private conflict(target: Item & { readonly table: Written }): string {
    if (this.chance(0.4)) return ''
    const key = keyOf[target.table]
    const columns = this.chance(0.5) ? '(id)' : `(${key}, id)`
    if (this.chance(0.3)) return ` ON CONFLICT ${columns} DO NOTHING`
    const column = this.pick(target.columns.filter((name) => name !== 'id'))
    const value = this.chance(0.5) ? `excluded.${column}` : this.pick(['1', '$1', `${target.alias}.x`])
    const guards = [
      `${target.alias}.${key} = $1`,
      `${target.alias}.${key} = excluded.${key}`,
      this.condition([target], 1),
    ]
    const where = this.chance(0.5) ? ` WHERE ${this.pick(guards)}` : ''
    return ` ON CONFLICT ${columns} DO UPDATE SET ${column} = ${value}${where}`
  }

  private merge(): string {
    const target = this.target()
    const source: Item[] = []
    const using = this.item(source, 2, [])
    const scope = [target, ...source]
    const column = this.pick(target.columns.filter((name) => name !== 'id'))
    const matched = this.chance(0.5) ? `UPDATE SET ${column} = ${this.scalar(scope)}` : 'DELETE'
    const missing = this.chance(0.5)
      ? ` WHEN NOT MATCHED THEN INSERT (${target.columns.join(', ')}) VALUES (${this.row(target.columns, target.table, source)})`
      : ''
    const also = this.chance(0.4) ? ` AND ${this.condition(scope, 1)}` : ''
    return `MERGE INTO ${targetToken(target.table)} ${target.alias} USING ${using} ON ${this.condition(scope, 1)} WHEN MATCHED${also} THEN ${matched}${missing}`
  }
}
