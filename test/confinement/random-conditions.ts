import { tableToken, type TableName } from './random-tables.ts'

export interface Item {
  readonly alias: string
  readonly columns: readonly string[]
  readonly table: TableName | null
}

export interface Query {
  readonly text: string
  readonly columns: readonly string[]
}

/** Random conditions on what is in scope, with queries inside them. */
export abstract class RandomConditions {
  protected readonly random: () => number
  protected names = 0
  protected ctes: Item[] = []

  constructor(random: () => number) {
    this.random = random
  }

  protected chance(probability: number): boolean {
    return this.random() < probability
  }

  protected pick<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.random() * choices.length)]!
  }

  protected alias(): string {
    return `m${this.names++}`
  }

  protected column(scope: readonly Item[]): string {
    const item = this.pick(scope)
    return `${item.alias}.${this.pick(item.columns)}`
  }

  protected scalar(scope: readonly Item[]): string {
    if (this.chance(0.6)) return this.column(scope)
    return this.pick(['0', '1', '2', '$1', 'NULL'])
  }

  protected abstract from(scope: Item[], depth: number, outer?: readonly Item[]): string

  protected abstract query(outer: readonly Item[], depth: number, width?: number): Query

  protected scalarQuery(scope: readonly Item[], depth: number): string {
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
    for (const item of scope.filter((one) => one.table === 'd'))
      if (this.chance(0.3)) conjuncts.push(`${item.alias}.area_id = $1`)
    for (const item of scope) conjuncts.push(...this.parentage(item, scope))
    for (const item of scope.filter((one) => one.table === null)) {
      if (this.chance(0.5)) conjuncts.push(`${item.alias}.${item.columns[0]} = $1`)
    }
    return conjuncts.join(' AND ')
  }

  /** Rows of a child that hang on a parent in scope, or on one that is looked up. */
  private parentage({ alias, table }: Item, scope: readonly Item[]): readonly string[] {
    const [column, parentTable] = table === 'c' ? ['b_id', 'b'] : table === 'e' ? ['c_id', 'c'] : [null, null]
    if (column === null) return []
    const parent = scope.find((one) => one.table === parentTable)
    if (parent !== undefined && this.chance(0.6)) return [`${alias}.${column} = ${parent.alias}.id`]
    const isLookedUp = table === 'c' && this.chance(0.3)
    return isLookedUp ? [`${alias}.b_id IN (SELECT id FROM ${tableToken('b')} WHERE tenant_id = $1)`] : []
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
    if (this.chance(0.25))
      return `${this.column(scope)} ${this.pick(['= ANY', '<> ALL', '> ANY', '<= ALL'])} (${body.text})`
    if (this.chance(0.15)) {
      const pair = this.query(scope, depth, 2)
      return `(${this.column(scope)}, ${this.column(scope)}) ${negated}IN (${pair.text})`
    }
    return `${this.column(scope)} ${negated}IN (${body.text})`
  }
}
