import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction, keyName } from '../../../source/binding.ts'
import { returnsOf, unwrap } from '../../../source/children.ts'
import type { Definition } from '../../../source/definition.ts'
import { splitName } from '../../../tenancy/names.ts'
import type { Tenancy, TenancyRelation } from '../../../tenancy/tenancy.ts'
import type { ExtractionScope } from '../../library.ts'
import { exportName, isDrizzleModule } from './receiver.ts'

/** A table constant of the program. */
export interface Table {
  readonly schema: string | null
  /** As the database knows it, as far as that can be told. */
  readonly name: string
  /** `alias(table, 'x')`. */
  readonly alias: string | null
  /** Property → SQL column, as the definition writes them. Null: the definition is out of reach. */
  readonly columns: ReadonlyMap<string, string> | null
  /**
   * `defined`: its definition is in reach. `modelled`: the tenancy model knows it. `named`: only its name tells, and that it was
   * imported.
   */
  readonly evidence: 'defined' | 'modelled' | 'named'
}

const makers = /^(pg|mysql|sqlite|singlestore|gel)(Table|View|MaterializedView)$/

const creators = /^(pg|mysql|sqlite|singlestore|gel)TableCreator$/

/** The table that an expression stands for; null when it is none, or one chosen at run time. */
export function tableOf(given: TSESTree.Node, scope: ExtractionScope): Table | null {
  const node = unwrap(scope.resolve(unwrap(given)))
  if (node.type === 'CallExpression') {
    const aliased = aliasCall(node, scope)
    if (aliased !== null) return aliased
  }
  if (!/^(Identifier|MemberExpression|CallExpression)$/.test(node.type)) return null
  return ofDefinition(scope.definitionOf(node), scope.tenancy)
}

/** `alias(table, 'name')`, `aliasedTable(table, 'name')`. */
function aliasCall(node: TSESTree.CallExpression, scope: ExtractionScope): Table | null {
  const [first, second] = node.arguments
  if (first === undefined || second === undefined) return null
  if (!/^(alias|aliasedTable)$/.test(exportName(node.callee, scope) ?? '')) return null
  const table = tableOf(first, scope)
  const name = scope.constantOf(second)?.value
  return table === null ? null : { ...table, alias: typeof name === 'string' ? name : '(unnamed)' }
}

function ofDefinition(definition: Definition, tenancy: Tenancy): Table | null {
  switch (definition.kind) {
    case 'import':
      return definition.name === '*' ? null : named(definition.name, tenancy)
    case 'member':
      return isSchema(definition.object) ? named(definition.name, tenancy) : null
    case 'call':
      return made(definition, tenancy)
    default:
      return null
  }
}

/** `schema.projects`: a whole module, or an object of tables under one of the names that people give it. */
const isSchema = (definition: Definition): boolean =>
  definition.kind === 'import' && /^(\*|default)$|schema|tables?$|models?$/i.test(definition.name)

/** A constant whose definition is out of reach. `db.query.name` goes through here too. */
export function named(name: string, tenancy: Tenancy): Table {
  const relation = modelled(name, tenancy) ?? tenancy.find(name)
  if (relation === null) return { schema: null, name, alias: null, columns: null, evidence: 'named' }
  return { ...splitName(relation.name), alias: null, columns: null, evidence: 'modelled' }
}

/** The name of a constant is no SQL name, so the model's names come first. */
function modelled(name: string, tenancy: Tenancy): TenancyRelation | null {
  const found = [...tenancy.relations.values()].filter(({ model }) => model === name)
  return found.length === 1 ? found[0]! : null
}

/** `pgTable('name', {…})`, `pgSchema('s').table('name', {…})`, `pgTableCreator(…)('name', {…})`. */
function made({ callee, node }: Extract<Definition, { kind: 'call' }>, tenancy: Tenancy): Table | null {
  const [first, second] = node.arguments
  const written = first === undefined ? null : stringOf(first)
  const kind = makerOf(callee)
  if (kind === null || written === null) return null
  const columns = second === undefined ? null : columnsOf(second)
  const stored = kind.rename(written)
  const table = { schema: kind.schema, name: stored, alias: null, columns, evidence: 'defined' } as const
  // A helper of the program that makes tables may write another name.
  if (kind.certain || tenancy.find(stored) !== null) return table
  const declared = node.parent?.type === 'VariableDeclarator' ? node.parent.id : null
  const model = declared?.type === 'Identifier' ? modelled(declared.name, tenancy) : null
  return model === null ? table : { ...table, ...splitName(model.name) }
}

interface Maker {
  readonly schema: string | null
  readonly certain: boolean
  readonly rename: (name: string) => string
}

const asWritten = (name: string): string => name

function makerOf(callee: Definition): Maker | null {
  switch (callee.kind) {
    case 'import':
      if (isDrizzleModule(callee.module))
        return makers.test(callee.name) ? { schema: null, certain: true, rename: asWritten } : null
      return /table$/i.test(callee.name) ? { schema: null, certain: false, rename: asWritten } : null
    case 'function':
      return /table/i.test(functionName(callee.node))
        ? { schema: null, certain: false, rename: asWritten }
        : null
    case 'member': {
      const { object, name } = callee
      if (!/^(table|view|materializedView)$/.test(name) || object.kind !== 'call') return null
      const { callee: maker, node } = object
      if (maker.kind !== 'import' || !/Schema$|^mysqlDatabase$/.test(maker.name)) return null
      const [schema] = node.arguments
      const text = schema === undefined ? null : stringOf(schema)
      return { schema: text === 'public' ? null : text, certain: text !== null, rename: asWritten }
    }
    case 'call': {
      const { callee: maker, node } = callee
      if (maker.kind !== 'import' || !creators.test(maker.name)) return null
      const [rename] = node.arguments
      const renamed = rename === undefined ? null : prefixOf(rename)
      return renamed === null
        ? { schema: null, certain: false, rename: asWritten }
        : { schema: null, certain: true, rename: renamed }
    }
    default:
      return null
  }
}

function functionName(node: TSESTree.Node): string {
  if (isFunction(node) && node.id !== null) return node.id.name
  const { parent } = node
  return parent?.type === 'VariableDeclarator' && parent.id.type === 'Identifier' ? parent.id.name : ''
}

/** `(name) => \`app_${name}\``. */
function prefixOf(node: TSESTree.Node): ((name: string) => string) | null {
  const [returned, ...others] = returnsOf(node)
  if (others.length > 0 || returned === undefined) return null
  if (returned.type === 'Identifier') return asWritten
  if (returned.type !== 'TemplateLiteral' || returned.expressions.length !== 1) return null
  const [before, after] = returned.quasis.map(({ value }) => value.cooked ?? value.raw)
  return (name) => `${before}${name}${after}`
}

/** A string as a module out of this file writes it. */
function stringOf(node: TSESTree.Node): string | null {
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value
  if (node.type === 'TemplateLiteral' && node.expressions.length === 0) return node.quasis[0]!.value.cooked
  return null
}

/** `{ tenantId: text('tenant_id').notNull() }`, also as `(t) => ({ tenantId: t.text('tenant_id') })`. */
function columnsOf(given: TSESTree.Node): ReadonlyMap<string, string> | null {
  const node = unwrap(isFunction(given) ? (returnsOf(given)[0] ?? given) : given)
  if (node.type !== 'ObjectExpression') return null
  const columns = new Map<string, string>()
  for (const property of node.properties) {
    if (property.type !== 'Property') continue
    const name = keyName(property.key, property.computed)
    const column = columnNameIn(property.value)
    if (name !== null && column !== null) columns.set(name, column)
  }
  return columns
}

/** The innermost call of `text('tenant_id').notNull().references(…)` names the column. */
function columnNameIn(node: TSESTree.Node): string | null {
  let at = unwrap(node)
  while (at.type === 'CallExpression') {
    const callee: TSESTree.Node = unwrap(at.callee)
    if (callee.type === 'MemberExpression' && unwrap(callee.object).type === 'CallExpression') {
      at = unwrap(callee.object)
      continue
    }
    const [first] = at.arguments
    return first === undefined ? null : stringOf(first)
  }
  return null
}

/** `getTableColumns(table)`, `getColumns(table)`: the table. */
export function tableOfColumns(node: TSESTree.Node, scope: ExtractionScope): TSESTree.Node | null {
  if (node.type !== 'CallExpression') return null
  const name = exportName(node.callee, scope) ?? ''
  return /^(getTableColumns|getColumns|getViewSelectedFields)$/.test(name)
    ? (node.arguments[0] ?? null)
    : null
}
