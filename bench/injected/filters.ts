import type { TSESLint, TSESTree } from '@typescript-eslint/utils'
import { eachChild } from '../../rules/source/children.ts'
import type { CallSite } from '../../rules/query/context.ts'
import type { Tenancy } from '../../rules/tenancy/tenancy.ts'

/** Text of a query that ties its rows to a tenant, and that can be left out. */
export interface Filter {
  /** Offsets in the file. */
  readonly from: number
  readonly to: number
}

/** Columns and properties that say whose a row is. */
export function columnsOfTenants(tenancy: Tenancy): ReadonlySet<string> {
  const names = new Set<string>(tenancy.tenantColumns)
  for (const { ownership, also, properties } of tenancy.relations.values()) {
    const columns = new Set([...(ownership.kind === 'owned' ? [ownership.column] : []), ...also])
    for (const column of columns) names.add(column)
    for (const [property, column] of Object.entries(properties)) if (columns.has(column)) names.add(property)
  }
  return names
}

/** Objects of these names say what is written or shown, not which rows. */
const noCondition = new Set(
  'data create update set values select include orderBy order attributes columns fields populate omit by relations defaults'.split(
    ' ',
  ),
)
const noConditionCalls = new Set([
  'values',
  'set',
  'insert',
  'create',
  'select',
  'returning',
  'orderBy',
  'groupBy',
])

/** The filters that stand in the text of a call, and around the values that the call takes from elsewhere. */
export function filtersOf(
  { node, queries }: CallSite,
  { text }: TSESLint.SourceCode,
  names: ReadonlySet<string>,
): readonly Filter[] {
  const found = new Map<number, Filter>()
  const note = (filter: Filter | null): void => {
    if (filter !== null) found.set(filter.from, filter)
  }
  const visit = (one: TSESTree.Node): void => {
    note(asFilter(one, text, names))
    for (const filter of inText(one, text, names)) note(filter)
    eachChild(one, visit)
  }
  visit(node)
  for (const source of queries.flatMap(({ query }) => query.sources)) {
    for (
      let at: TSESTree.Node | undefined = source ?? undefined, steps = 0;
      at && steps < 4;
      at = at.parent, steps += 1
    ) {
      if (at !== source && /Function|Program|BlockStatement/.test(at.type)) break
      note(asFilter(at, text, names))
    }
  }
  return [...found.values()]
}

function asFilter(node: TSESTree.Node, text: string, names: ReadonlySet<string>): Filter | null {
  if (node.type === 'Property') return ofProperty(node, text, names)
  if (node.type !== 'CallExpression') return null
  return ofOperator(node, text, names) ?? ofMethod(node, names)
}

/** `{ id, tenantId }` */
function ofProperty(node: TSESTree.Property, text: string, names: ReadonlySet<string>): Filter | null {
  const { key, computed } = node
  const name =
    key.type === 'Identifier' && !computed ? key.name : key.type === 'Literal' ? String(key.value) : null
  if (name === null || !names.has(name) || !isCondition(node, name)) return null
  return withComma(node, text)
}

function isCondition(node: TSESTree.Node, name: string): boolean {
  for (let at: TSESTree.Node | null | undefined = node.parent; at != null; at = at.parent) {
    if (at.type === 'Property' && at.key.type === 'Identifier') {
      if (noCondition.has(at.key.name)) return false
      // A key of several columns is no key without one of them.
      if (at.key.name !== name && at.key.name.split('_').includes(name)) return false
      if (at.key.name === 'where') return true
    }
    if (at.type === 'CallExpression') {
      const { callee } = at
      return !(
        callee.type === 'MemberExpression' &&
        callee.property.type === 'Identifier' &&
        noConditionCalls.has(callee.property.name)
      )
    }
  }
  return false
}

/** `and(eq(a.id, id), eq(a.tenantId, tenantId))`: the argument; `where(eq(a.tenantId, tenantId))`: the whole call of `where`. */
function ofOperator(node: TSESTree.CallExpression, text: string, names: ReadonlySet<string>): Filter | null {
  const { callee, parent } = node
  if (callee.type !== 'Identifier' || !/^(?:eq|inArray)$/.test(callee.name)) return null
  const [column] = node.arguments
  if (column?.type !== 'MemberExpression' || column.property.type !== 'Identifier') return null
  if (!names.has(column.property.name) || parent.type !== 'CallExpression') return null
  if (parent.callee.type === 'Identifier' && parent.callee.name === 'and') {
    return parent.arguments.length > 1 ? withComma(node, text) : null
  }
  return parent.arguments.length === 1 ? asLink(parent) : null
}

/** `.where('tenant_id', '=', tenantId)`, `.andWhere('a.tenantId = :tenantId', { tenantId })` */
function ofMethod(node: TSESTree.CallExpression, names: ReadonlySet<string>): Filter | null {
  const [first] = node.arguments
  const said = first?.type === 'Literal' ? first.value : null
  if (typeof said !== 'string') return null
  const column = /^[\s"`]*(?:\w+["`]?\.["`]?)?(\w+)["`]?\s*(?:=\s*:\w+\s*)?$/.exec(said)?.[1]
  return column !== undefined && names.has(column) ? asLink(node) : null
}

/** A link of a chain of calls, `.where(…)`. */
function asLink(node: TSESTree.CallExpression): Filter | null {
  const { callee } = node
  if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return null
  if (!/^(?:and)?where$/i.test(callee.property.name) || callee.object.type !== 'CallExpression') return null
  return { from: callee.object.range[1], to: node.range[1] }
}

/** Conditions in SQL text; those whose value is known by its place would move the others. */
function inText(node: TSESTree.Node, text: string, names: ReadonlySet<string>): readonly Filter[] {
  const isText =
    node.type === 'TemplateLiteral' || (node.type === 'Literal' && typeof node.value === 'string')
  if (!isText) return []
  const own = text.slice(...node.range)
  const one = '(?:["`]?\\w+["`]?\\.)?["`]?(\\w+)["`]?\\s*=\\s*(?:\\$\\d+|:\\w+|\\$\\{[^{}]*\\})(?:::\\w+)?'
  const found: Filter[] = []
  for (const form of [`\\bAND\\s+${one}`, `(?<=\\bWHERE\\s+)${one}\\s+AND\\b`]) {
    for (const { 0: whole, 1: column, index } of own.matchAll(new RegExp(form, 'gi'))) {
      const from = node.range[0] + index
      if (names.has(column!)) found.push({ from, to: from + whole.length })
    }
  }
  return found
}

function withComma({ range: [from, to] }: TSESTree.Node, text: string): Filter {
  const after = /^\s*,/.exec(text.slice(to))?.[0].length
  if (after !== undefined) return { from, to: to + after }
  const before = /,\s*$/.exec(text.slice(0, from))?.[0].length ?? 0
  return { from: from - before, to }
}

/** The file without a filter; every other text stays where it is. */
export const without = (text: string, { from, to }: Filter): string =>
  text.slice(0, from) + text.slice(from, to).replaceAll(/[^\n]/g, ' ') + text.slice(to)
