import type {
  Assignment,
  Block,
  Condition,
  FromItem,
  InsertSource,
  Occurrence,
  OccurrenceId,
  Operand,
  Output,
  Statement,
} from '../sql/statement.ts'

/** What the text of one statement needs while it is written: the name by which each mention is called. */
interface Naming {
  readonly labels: Map<OccurrenceId, string>
  readonly parameters: Statement['parameters']
}

/**
 * The statement as watertight understands it, as one line of pseudo-SQL: for `watertight explain` and for tests. Parameters
 * stand as `:name`, what the program may leave out as `optional(…)`, what was not understood as `opaque(…)`.
 */
export function renderStatement(statement: Statement): string {
  return block(statement.block, { labels: new Map(), parameters: statement.parameters })
}

/** One condition of a statement, in the same notation. */
export function renderCondition(condition: Condition, statement: Statement): string {
  const naming: Naming = { labels: new Map(), parameters: statement.parameters }
  block(statement.block, naming)
  return predicate(condition, naming)
}

function block(of: Block, naming: Naming): string {
  const ctes = of.ctes.map((cte) => `${cte.name} as (${block(cte.block, naming)})`)
  const text = body(of, naming)
  return ctes.length === 0 ? text : `with ${ctes.join(', ')} ${text}`
}

function body(of: Block, naming: Naming): string {
  switch (of.kind) {
    case 'select': {
      const from = of.from.map((item) => fromItem(item, naming))
      const parts = [`select ${of.merges ? 'merged ' : ''}${outputs(of.outputs, naming)}`]
      if (from.length > 0) parts.push(`from ${from.join(', ')}`)
      parts.push(...clause('where', of.where, naming), ...clause('having', of.having, naming))
      if (of.others.length > 0) parts.push(`using ${operands(of.others, naming)}`)
      if (of.limited) parts.push('limit')
      return parts.join(' ')
    }
    case 'insert': {
      const target = `insert into ${mention(of.target, naming)}`
      return [target, source(of.source, naming), ...conflict(of, naming), ...returning(of, naming)].join(' ')
    }
    case 'update': {
      const target = `update ${mention(of.target, naming)}`
      const from = of.from.map((item) => fromItem(item, naming))
      const set = `set ${assignments(of.set, naming)}${of.openSet ? ', ...' : ''}`
      const using = from.length > 0 ? [`from ${from.join(', ')}`] : []
      return [target, set, ...using, ...clause('where', of.where, naming), ...returning(of, naming)].join(' ')
    }
    case 'delete': {
      const target = `delete from ${mention(of.target, naming)}`
      const from = of.from.map((item) => fromItem(item, naming))
      const using = from.length > 0 ? [`using ${from.join(', ')}`] : []
      return [target, ...using, ...clause('where', of.where, naming), ...returning(of, naming)].join(' ')
    }
    case 'set':
      return of.branches
        .map((branch) => block(branch, naming))
        .join(` ${of.operator}${of.all ? ' all' : ''} `)
    case 'opaque':
      return `opaque(${[of.reason, ...of.occurrences.map((one) => mention(one, naming))].join(': ')})`
  }
}

const clause = (word: string, condition: Condition | null, naming: Naming): string[] =>
  condition === null ? [] : [`${word} ${predicate(condition, naming)}`]

const returning = (of: { readonly outputs: readonly Output[] }, naming: Naming): string[] =>
  of.outputs.length === 0 ? [] : [`returning ${outputs(of.outputs, naming)}`]

function source(of: InsertSource, naming: Naming): string {
  switch (of.kind) {
    case 'rows':
      return `values ${of.rows.map((row) => `{${assignments(row, naming)}}`).join(', ')}`
    case 'query':
      return `(${of.columns.join(', ')}) ${block(of.block, naming)}`
    case 'opaque':
      return `values {${[...of.known.map((one) => assignment(one, naming)), '...'].join(', ')}}`
  }
}

function conflict(of: Extract<Block, { kind: 'insert' }>, naming: Naming): string[] {
  if (of.conflict === null) return []
  const { target, constraint, action, set, where } = of.conflict
  const on = target !== null ? ` (${target.join(', ')})` : constraint !== null ? ` ${constraint}` : ''
  const set_ = set.length > 0 ? [`set ${assignments(set, naming)}`] : []
  return [`on conflict${on} do ${action}`, ...set_, ...clause('where', where, naming)]
}

const assignments = (list: readonly Assignment[], naming: Naming): string =>
  list.map((one) => assignment(one, naming)).join(', ')

const assignment = (one: Assignment, naming: Naming): string =>
  `${one.column} = ${one.operand === null ? 'default' : operand(one.operand, naming)}`

function outputs(list: readonly Output[], naming: Naming): string {
  return list
    .map((output) => {
      if (output.operand === null) return output.of === null ? '*' : `${label(output.of, naming)}.*`
      const text = operand(output.operand, naming)
      const named = output.operand.kind === 'column' && output.operand.column === output.name
      return output.name === null || named ? text : `${text} as ${output.name}`
    })
    .join(', ')
}

/** Names a mention when it is met, so that every later reference to it reads the same. */
function mention(of: Occurrence, naming: Naming): string {
  const name = of.relation.schema === null ? of.relation.name : `${of.relation.schema}.${of.relation.name}`
  const wanted = of.alias ?? of.relation.name
  const taken = [...naming.labels].some(([id, text]) => text === wanted && id !== of.id)
  naming.labels.set(of.id, taken ? `${wanted}#${of.id}` : wanted)
  const shown = naming.labels.get(of.id)!
  return shown === name ? name : `${name} as ${shown}`
}

const label = (id: OccurrenceId, naming: Naming): string => naming.labels.get(id) ?? `#${id}`

function fromItem(item: FromItem, naming: Naming): string {
  switch (item.kind) {
    case 'relation':
      return mention(item, naming)
    case 'derived':
      if (item.id !== undefined && item.alias !== null) naming.labels.set(item.id, item.alias)
      return `${item.lateral ? 'lateral ' : ''}(${block(item.block, naming)})${alias(item.alias)}`
    case 'rowset':
      return `rowset(${item.reason})${alias(item.alias)}`
    case 'join': {
      const left = fromItem(item.left, naming)
      const right = fromItem(item.right, naming)
      const on = item.on === null ? '' : ` on ${predicate(item.on, naming)}`
      return `${left} ${item.type} join ${item.right.kind === 'join' ? `(${right})` : right}${on}`
    }
  }
}

const alias = (name: string | null): string => (name === null ? '' : ` as ${name}`)

function predicate(of: Condition, naming: Naming, nested = false): string {
  const wrap = (text: string): string => (nested ? `(${text})` : text)
  switch (of.kind) {
    case 'and':
    case 'or': {
      if (of.operands.length === 0) return of.kind === 'and' ? 'true' : 'false'
      return wrap(of.operands.map((one) => predicate(one, naming, true)).join(` ${of.kind} `))
    }
    case 'not':
      return `not ${predicate(of.operand, naming, true)}`
    case 'compare':
      return `${operand(of.left, naming)} ${of.operator} ${operand(of.right, naming)}`
    case 'in':
      return `${operand(of.operand, naming)} in (${operands(of.values, naming)}${of.list ? '[]' : ''})`
    case 'inQuery':
      return `(${operands(of.operands, naming)}) in (${block(of.block, naming)})`
    case 'exists':
      return `exists (${block(of.block, naming)})`
    case 'isNull':
      return `${operand(of.operand, naming)} is null`
    case 'truth':
      return operand(of.operand, naming)
    case 'constant':
      return of.value === null ? 'unknown' : String(of.value)
    case 'optional':
      return `optional(${predicate(of.condition, naming)})`
    case 'opaque':
      return `opaque(${[of.reason, ...of.mentions.map((one) => operand(one, naming))].join(': ')})`
  }
}

const operands = (list: readonly Operand[], naming: Naming): string =>
  list.map((one) => operand(one, naming)).join(', ')

function operand(of: Operand, naming: Naming): string {
  switch (of.kind) {
    case 'column':
      return of.occurrence === null ? `?.${of.column}` : `${label(of.occurrence, naming)}.${of.column}`
    case 'parameter':
      return `:${naming.parameters[of.index]?.name ?? of.index}`
    case 'literal':
      return typeof of.value === 'string' ? `'${of.value}'` : String(of.value)
    case 'setting':
      return `setting(${of.name})`
    case 'call':
      return `${of.name}(${operands(of.arguments, naming)})`
    case 'subquery':
      return `(${block(of.block, naming)})`
    case 'opaque':
      return `opaque(${[of.reason, ...of.mentions.map((one) => operand(one, naming))].join(': ')})`
  }
}
