/** A small deterministic generator of SQL over four tables, for comparing verdicts with what PostgreSQL returns. */

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function randomness(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/** `a` and `b` carry the tenant key, `c` belongs to its `b`, `g` to nobody. All columns are integers. */
export const tables = {
  a: ['id', 'tenant_id', 'x'],
  b: ['id', 'tenant_id', 'x'],
  c: ['id', 'b_id', 'x'],
  g: ['id', 'x'],
} as const

export type TableName = keyof typeof tables

interface Item {
  readonly alias: string
  readonly columns: readonly string[]
  readonly table: TableName | null
}

/** Stands for a table's name; the test replaces it by the table with all rows or with the tenant's rows only. */
export const tableToken = (table: TableName): string => `§${table}§`

export class RandomSql {
  private readonly random: () => number
  private names = 0
  private ctes: Item[] = []

  constructor(random: () => number) {
    this.random = random
  }

  private chance(probability: number): boolean {
    return this.random() < probability
  }

  private pick<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.random() * choices.length)]!
  }

  private alias(): string {
    return `m${this.names++}`
  }

  /** A whole SELECT, ordered by everything that it returns. */
  select(): string {
    this.names = 0
    this.ctes = []
    const withs: string[] = []
    if (this.chance(0.25)) {
      const name = this.alias()
      const body = this.query([], 2)
      withs.push(`${name} AS (${body.text})`)
      this.ctes.push({ alias: name, columns: body.columns, table: null })
    }
    let body = this.query([], 3).text
    if (this.chance(0.15)) {
      const operator = this.pick(['UNION', 'UNION ALL', 'INTERSECT', 'EXCEPT'])
      const width = 2
      body = `${this.query([], 2, width).text} ${operator} ${this.query([], 2, width).text}`
      if (this.chance(0.5)) {
        body = `SELECT u.k0, u.k1 FROM (${body}) u WHERE ${this.chance(0.6) ? 'u.k0 = $1' : 'u.k1 = 1'}`
      }
    }
    return `${withs.length > 0 ? `WITH ${withs.join(', ')} ` : ''}${body}`
  }

  /** A DELETE or UPDATE of one table. */
  change(): { readonly text: string; readonly table: TableName } {
    this.names = 0
    this.ctes = []
    const table = this.pick(['a', 'b', 'c'] as const)
    const target: Item = { alias: this.alias(), columns: tables[table], table }
    const scope = [target]
    // The target is not in reach of ON conditions among the other tables.
    const others: Item[] = []
    const more = this.chance(0.4) ? this.from(others, 2) : null
    scope.push(...others)
    const where = this.condition(scope, 2)
    if (this.chance(0.5)) {
      const using = more === null ? '' : ` USING ${more}`
      return { table, text: `DELETE FROM ${tableToken(table)} ${target.alias}${using} WHERE ${where}` }
    }
    const columns = tables[table].filter((column) => column !== 'id')
    const column = this.pick(columns)
    const value = this.chance(0.4) ? '$1' : this.scalar(scope)
    const from = more === null ? '' : ` FROM ${more}`
    const text = `UPDATE ${tableToken(table)} ${target.alias} SET ${column} = ${value}${from} WHERE ${where}`
    return { table, text }
  }

  private query(
    outer: readonly Item[],
    depth: number,
    width = 1 + Math.floor(this.random() * 3),
  ): { readonly text: string; readonly columns: readonly string[] } {
    const scope: Item[] = []
    const from = this.from(scope, depth, outer)
    const visible = [...scope, ...outer]
    const where = this.chance(0.85) ? ` WHERE ${this.condition(visible, depth)}` : ''
    const columns = Array.from({ length: width }, (_, index) => `k${index}`)
    const grouped = this.chance(0.12)
    // Sub-queries that hand the key out are those that a filter from outside could confine.
    const keyed = scope.filter((item) => item.columns.includes('tenant_id'))
    const chosen = columns.map((_, index) =>
      index === 0 && keyed.length > 0 && this.chance(0.5)
        ? `${this.pick(keyed).alias}.tenant_id`
        : this.column(scope),
    )
    const values = chosen.map((column, index) => {
      if (grouped && index > 0) return `count(*)::int`
      return !grouped && depth > 1 && this.chance(0.08) ? this.scalarQuery(visible, depth - 1) : column
    })
    const list = values.map((value, index) => `${value} AS ${columns[index]}`).join(', ')
    const plain = grouped && values[0] === chosen[0]
    const group = grouped ? (plain ? ` GROUP BY ${chosen[0]}` : ` GROUP BY ${chosen.join(', ')}`) : ''
    const having = grouped && plain && this.chance(0.3) ? ` HAVING ${chosen[0]} = $1` : ''
    const distinct = this.chance(0.08) ? 'DISTINCT ' : ''
    const order = columns.map((_, index) => index + 1).join(', ')
    const limit = this.chance(depth < 3 ? 0.25 : 0.1) ? ` ORDER BY ${order} LIMIT ${this.pick([1, 2])}` : ''
    const text = `SELECT ${distinct}${list} FROM ${from}${where}${group}${having}${limit}`
    return { text: limit === '' ? text : `(${text})`, columns }
  }

  /** FROM of one to three items; what it makes visible is added to the scope. */
  private from(scope: Item[], depth: number, outer: readonly Item[] = []): string {
    let text = this.item(scope, depth, [])
    for (let more = 0; more < 2 && this.chance(0.45); more++) {
      const join = this.pick([
        'JOIN',
        'JOIN',
        'LEFT JOIN',
        'LEFT JOIN',
        'RIGHT JOIN',
        'FULL JOIN',
        'CROSS JOIN',
        ',',
      ])
      if (join === ',') {
        text += `, ${this.chance(0.2) && depth > 1 ? this.lateral(scope, depth) : this.item(scope, depth, [])}`
        // ON of a later join does not reach items before the comma.
        break
      }
      if (this.chance(0.15) && join !== 'CROSS JOIN' && scope.every((item) => item.table !== null)) {
        const nested: Item[] = []
        const left = this.item(nested, 1, [])
        const right = this.item(nested, 1, [])
        const inner = `(${left} ${this.pick(['JOIN', 'LEFT JOIN'])} ${right} ON ${this.on(nested)})`
        scope.push(...nested)
        text += ` ${join} ${inner} ON ${join === 'FULL JOIN' ? this.equality(scope) : this.on(scope)}`
        continue
      }
      const right = this.item(scope, depth, outer)
      if (join === 'CROSS JOIN') text += ` CROSS JOIN ${right}`
      // PostgreSQL supports FULL JOIN only on conditions that it can merge or hash.
      else text += ` ${join} ${right} ON ${join === 'FULL JOIN' ? this.equality(scope) : this.on(scope)}`
    }
    return text
  }

  private equality(scope: readonly Item[]): string {
    const last = scope.at(-1)!
    const first = scope[0]!
    const column = (item: Item): string => {
      const preferred =
        item.columns.includes('tenant_id') && this.chance(0.7) ? 'tenant_id' : this.pick(item.columns)
      return `${item.alias}.${preferred}`
    }
    return `${column(first)} = ${column(last)}`
  }

  private on(scope: readonly Item[]): string {
    const first = this.chance(0.7) ? this.equality(scope) : this.condition(scope, 1)
    return this.chance(0.5) ? `${first} AND ${this.condition(scope, 1)}` : first
  }

  private item(scope: Item[], depth: number, outer: readonly Item[]): string {
    if (this.ctes.length > 0 && this.chance(0.3)) {
      const cte = this.pick(this.ctes)
      const alias = this.alias()
      scope.push({ alias, columns: cte.columns, table: null })
      return `${cte.alias} ${alias}`
    }
    if (depth > 1 && this.chance(0.2)) {
      const body = this.query(
        outer.filter(() => false),
        depth - 1,
      )
      const alias = this.alias()
      scope.push({ alias, columns: body.columns, table: null })
      return `(${body.text}) ${alias}`
    }
    const table = this.pick(['a', 'a', 'b', 'b', 'c', 'g'] as const)
    const alias = this.alias()
    scope.push({ alias, columns: tables[table], table })
    return `${tableToken(table)} ${alias}`
  }

  private lateral(scope: Item[], depth: number): string {
    const body = this.query([...scope], depth - 1)
    const alias = this.alias()
    scope.push({ alias, columns: body.columns, table: null })
    return `LATERAL (${body.text}) ${alias}`
  }

  private column(scope: readonly Item[]): string {
    const item = this.pick(scope)
    return `${item.alias}.${this.pick(item.columns)}`
  }

  private scalar(scope: readonly Item[]): string {
    if (this.chance(0.6)) return this.column(scope)
    return this.pick(['0', '1', '2', '$1', 'NULL'])
  }

  private scalarQuery(scope: readonly Item[], depth: number): string {
    const inner: Item[] = []
    const from = this.from(inner, depth)
    const where = this.condition([...inner, ...scope], depth)
    const value = this.pick(['max', 'min', 'count'])
    return `(SELECT ${value}(${this.column(inner)})::int FROM ${from} WHERE ${where})`
  }

  /** A condition; often one that confines, so that there is something to claim. */
  condition(scope: readonly Item[], depth: number): string {
    const conjuncts = Array.from({ length: 1 + Math.floor(this.random() * 3) }, () =>
      this.predicate(scope, depth),
    )
    const owned = scope.filter((item) => item.columns.includes('tenant_id'))
    for (const item of owned) if (this.chance(0.45)) conjuncts.push(`${item.alias}.tenant_id = $1`)
    for (const item of scope.filter((one) => one.table === 'c')) {
      const parent = scope.find((one) => one.table === 'b')
      if (parent !== undefined && this.chance(0.6)) conjuncts.push(`${item.alias}.b_id = ${parent.alias}.id`)
    }
    for (const item of scope.filter((one) => one.table === null)) {
      if (this.chance(0.5)) conjuncts.push(`${item.alias}.${item.columns[0]} = $1`)
    }
    return conjuncts.join(' AND ')
  }

  private predicate(scope: readonly Item[], depth: number): string {
    const kind = Math.floor(this.random() * 22)
    const column = this.column(scope)
    if (depth > 0) {
      const inner = (): string => this.predicate(scope, depth - 1)
      if (kind === 0 || kind === 1) return `(${inner()} OR ${inner()})`
      if (kind === 2) return `NOT (${inner()})`
      if (kind === 3) return `NOT (${inner()} AND ${inner()})`
      if (kind === 4) return `(${this.condition(scope, depth - 1)} OR ${this.condition(scope, depth - 1)})`
      if (kind === 5)
        return `(${inner()}) IS ${this.pick(['TRUE', 'FALSE', 'NOT TRUE', 'NOT FALSE', 'UNKNOWN'])}`
      if (kind === 6) return `CASE WHEN ${inner()} THEN ${inner()} ELSE ${inner()} END`
      if (kind >= 7 && kind <= 10) return this.subquery(scope, depth - 1, kind)
    }
    if (kind <= 12) return `${column} = ${this.scalar(scope)}`
    const operator = this.pick(['<>', '<', '>=', 'IS DISTINCT FROM', 'IS NOT DISTINCT FROM', '='])
    if (kind <= 15) return `${column} ${operator} ${this.scalar(scope)}`
    if (kind === 16) return `${column} IS ${this.pick(['NULL', 'NOT NULL'])}`
    if (kind === 17)
      return `${column} ${this.pick(['IN', 'NOT IN'])} (${this.scalar(scope)}, ${this.scalar(scope)})`
    if (kind === 18) return `coalesce(${column}, ${this.scalar(scope)}) = ${this.scalar(scope)}`
    if (kind === 19) return `(${column}, ${this.column(scope)}) = ($1, ${this.scalar(scope)})`
    if (kind === 20) return this.pick(['TRUE', 'FALSE', '1 = 1', '1 = 0', 'NULL'])
    return `${column} = ANY(ARRAY[$1, ${this.scalar(scope)}]::int[])`
  }

  private subquery(scope: readonly Item[], depth: number, kind: number): string {
    if (kind === 7) return `${this.column(scope)} = ${this.scalarQuery(scope, depth)}`
    const body = this.query(scope, depth, 1)
    const negated = this.chance(0.35) ? 'NOT ' : ''
    if (kind === 8) return `${negated}EXISTS (${body.text})`
    return `${this.column(scope)} ${negated}IN (${body.text})`
  }
}
