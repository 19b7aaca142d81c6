/** A small deterministic generator of queries over a few tables, for comparing verdicts with what PostgreSQL returns. */

import { type Item, type Query, RandomConditions } from './random-conditions.ts'
import { tables, tableToken } from './random-tables.ts'

export class RandomSql extends RandomConditions {
  /** A whole SELECT, ordered by everything that it returns. */
  select(): string {
    this.names = 0
    this.ctes = []
    const withs = this.withs()
    let body = this.query([], 3).text
    if (this.chance(0.2)) {
      body = this.combined(2)
      if (this.chance(0.5)) {
        body = `SELECT u.k0, u.k1 FROM (${body}) u WHERE ${this.chance(0.6) ? 'u.k0 = $1' : 'u.k1 = 1'}`
      }
    }
    return `${withs}${body}`
  }

  /** Two or three queries under set operators. */
  private combined(width: number): string {
    const operators = ['UNION', 'UNION ALL', 'INTERSECT', 'INTERSECT ALL', 'EXCEPT', 'EXCEPT ALL']
    const part = (): string => this.query([], 2, width).text
    const two = `${part()} ${this.pick(operators)} ${part()}`
    return this.chance(0.3) ? `(${two}) ${this.pick(operators)} ${part()}` : two
  }

  /** `WITH …` of none to two queries, one of which may refer to itself. */
  protected withs(): string {
    const all: string[] = []
    for (let more = 0; more < 2 && this.chance(0.25); more++) {
      const name = this.alias()
      const recursive = this.chance(0.3)
      const body = recursive ? this.recursion(name) : this.query([], 2)
      const kept = this.chance(0.3) ? 'MATERIALIZED ' : ''
      all.push(`${name}${recursive ? ' (k0, k1)' : ''} AS ${kept}(${body.text})`)
      this.ctes.push({ alias: name, columns: body.columns, table: null })
    }
    return all.length > 0 ? `WITH RECURSIVE ${all.join(', ')} ` : ''
  }

  /** Ends, because UNION takes no row twice. */
  private recursion(name: string): Query {
    const start = this.query([], 1, 2)
    const scope: Item[] = []
    const step = this.from(scope, 1)
    const own: Item = { alias: this.alias(), columns: ['k0', 'k1'], table: null }
    const chosen = [this.chance(0.5) ? `${own.alias}.k0` : this.column(scope), this.column(scope)]
    const where = this.condition([...scope, own], 1)
    const text = `${start.text} UNION SELECT ${chosen.join(', ')} FROM ${name} ${own.alias}, ${step} WHERE ${where}`
    return { text, columns: ['k0', 'k1'] }
  }

  protected query(outer: readonly Item[], depth: number, width = 1 + Math.floor(this.random() * 3)): Query {
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
      if (grouped && index > 0) return this.aggregate(scope)
      if (!grouped && this.chance(0.05)) return this.window(scope)
      return !grouped && depth > 1 && this.chance(0.08) ? this.scalarQuery(visible, depth - 1) : column
    })
    const list = values.map((value, index) => `${value} AS ${columns[index]}`).join(', ')
    const plain = grouped && values[0] === chosen[0]
    const group = grouped ? (plain ? ` GROUP BY ${chosen[0]}` : ` GROUP BY ${chosen.join(', ')}`) : ''
    const having = grouped && plain && this.chance(0.3) ? ` HAVING ${chosen[0]} = $1` : ''
    const distinct = this.chance(0.12) ? this.pick(['DISTINCT ', `DISTINCT ON (${values[0]}) `]) : ''
    const order = columns.map((_, index) => index + 1).join(', ')
    const isFirst = distinct.includes('ON')
    const rows = isFirst && this.chance(0.7) ? '' : this.pick([' LIMIT 1', ' LIMIT 2', ' OFFSET 1'])
    const limit = isFirst || this.chance(depth < 3 ? 0.25 : 0.1) ? ` ORDER BY ${order}${rows}` : ''
    const text = `SELECT ${distinct}${list} FROM ${from}${where}${group}${having}${limit}`
    return { text: limit === '' ? text : `(${text})`, columns }
  }

  private aggregate(scope: readonly Item[]): string {
    const column = this.column(scope)
    return this.pick(['count(*)::int', `sum(${column})::int`, `count(DISTINCT ${column})::int`])
  }

  private window(scope: readonly Item[]): string {
    const over = this.chance(0.6) ? `PARTITION BY ${this.column(scope)}` : ''
    const value = this.pick(['count(*)', `sum(${this.column(scope)})`, `max(${this.column(scope)})`])
    return `(${value} OVER (${over}))::int`
  }

  /** FROM of one to three items; what it makes visible is added to the scope. */
  protected from(scope: Item[], depth: number, outer: readonly Item[] = []): string {
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
      if (this.chance(0.1) && depth > 1 && /^(?:JOIN|LEFT JOIN|CROSS JOIN)$/.test(join)) {
        const right = this.lateral(scope, depth)
        text += join === 'CROSS JOIN' ? ` CROSS JOIN ${right}` : ` ${join} ${right} ON ${this.on(scope)}`
        continue
      }
      if (this.chance(0.06) && scope.length === 1 && scope[0]!.table !== null && join !== 'CROSS JOIN') {
        text += ` ${join} ${this.sameColumn(scope)}`
        continue
      }
      const right = this.item(scope, depth, outer)
      if (join === 'CROSS JOIN') text += ` CROSS JOIN ${right}`
      // PostgreSQL supports FULL JOIN only on conditions that it can merge or hash.
      else text += ` ${join} ${right} ON ${join === 'FULL JOIN' ? this.equality(scope) : this.on(scope)}`
    }
    return text
  }

  /** A second table, joined by a column that both have. */
  private sameColumn(scope: Item[]): string {
    const table = this.pick(['a', 'b', 'd', 'v'] as const)
    const alias = this.alias()
    const common = scope[0]!.columns.filter((column) => (tables[table] as readonly string[]).includes(column))
    scope.push({ alias, columns: tables[table], table })
    const using = common.includes('tenant_id') && this.chance(0.7) ? 'tenant_id' : this.pick(common)
    return `${tableToken(table)} ${alias} USING (${using})`
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

  protected item(scope: Item[], depth: number, outer: readonly Item[]): string {
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
    const table = this.pick(['a', 'a', 'b', 'b', 'c', 'd', 'e', 'v', 'g'] as const)
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
}
