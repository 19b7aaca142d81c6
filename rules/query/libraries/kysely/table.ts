import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../../../source/binding.ts'
import type { Access, Derived, Occurrence, Rowset } from '../../../sql/statement.ts'
import { snakeCase } from '../../naming.ts'
import type { Environment } from './chain.ts'
import { possibleExpressions, type Conversion, type Level, type Placed } from './conversion.ts'
import { isSqlTag } from './receiver.ts'
import { unwrapped } from './syntax.ts'

export type Table = Occurrence | Derived | Rowset

/** The tables that the first argument of `selectFrom`, `from`, `using` names: a string, a sub-query, or an array of them. */
export function tablesOf(
  node: TSESTree.Node,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): readonly Table[] {
  const inner = unwrapped(conversion.draft.scope.resolve(unwrapped(node)))
  if (inner.type !== 'ArrayExpression') return [tableOf(node, environment, level, conversion)]
  return inner.elements.flatMap((one) => (one === null ? [] : [tableOf(one, environment, level, conversion)]))
}

export function tableOf(
  node: TSESTree.Node,
  environment: Environment,
  level: Level,
  conversion: Conversion,
  access: Access = 'read',
): Table {
  const placed = possibleExpressions(node, environment, conversion)
  const { draft } = conversion
  if (placed !== null && placed.length === 1) return single(placed[0]!, level, conversion, access)
  return rowset('a table chosen at run time', null, draft.spanOf(node))
}

function single(placed: Placed, level: Level, conversion: Conversion, access: Access): Table {
  const { draft, evaluator } = conversion
  const node = unwrapped(placed.node)
  const name = draft.scope.constantOf(node)?.value
  if (typeof name === 'string') return namedTable(name, node, level, conversion, access)
  const chain = evaluator.chainOf(node, placed.environment)
  if (chain !== null) {
    const as = chain.steps.find(({ method }) => method === 'as')?.call.arguments[0]
    const alias = as === undefined ? null : draft.scope.constantOf(as)?.value
    // A derived table is not correlated unless LATERAL; Kysely types its columns against the query around it all the same.
    const block = conversion.blockOf(chain, level)
    return {
      kind: 'derived',
      id: draft.nextOccurrence(),
      alias: typeof alias === 'string' ? alias : null,
      block,
      lateral: chain.nested,
      span: draft.spanOf(node),
    }
  }
  return otherTable(node, placed.environment, level, conversion, access)
}

/** `sql.table('t').as('x')`, `db.dynamic.table(name).as('x')`, `eb.fn('generate_series', …).as('g')`, `sql\`…\`.as('x')`. */
function otherTable(
  node: TSESTree.Node,
  environment: Environment,
  level: Level,
  conversion: Conversion,
  access: Access,
): Table {
  const { draft } = conversion
  const span = draft.spanOf(node)
  if (node.type === 'CallExpression') {
    const callee = unwrapped(node.callee)
    const [first] = node.arguments
    if (callee.type === 'MemberExpression' && first !== undefined) {
      const constant = draft.scope.constantOf(first)?.value
      const method = memberName(callee)
      if (method === 'as') {
        const inner = tableOf(callee.object, environment, level, conversion, access)
        return typeof constant === 'string' ? { ...inner, alias: constant } : inner
      }
      if (method === 'table' && typeof constant === 'string') {
        return namedTable(constant, node, level, conversion, access)
      }
    }
  }
  if (node.type === 'TaggedTemplateExpression' && isSqlTag(node.tag, draft.scope)) {
    return rowset('raw SQL as a table', null, span)
  }
  return rowset('a table that could not be seen', null, span)
}

/** `tasks`, `public.tasks`, `tasks as t`, or the name of a CTE. */
function namedTable(
  text: string,
  node: TSESTree.Node,
  level: Level,
  conversion: Conversion,
  access: Access,
): Table {
  const [written, alias] = text.split(/\s+as\s+/i).map((part) => part.trim())
  const parts = written!.split('.')
  const name = parts.at(-1)!
  const schema = parts.length > 1 ? parts.at(-2)! : null
  const cte = schema === null ? level.ctes.get(name) : undefined
  const span = conversion.draft.spanOf(node)
  if (cte !== undefined && access === 'read') {
    const id = conversion.draft.nextOccurrence()
    return { kind: 'derived', id, alias: alias ?? name, block: cte, lateral: false, span }
  }
  const stored = storedName(schema, name, conversion)
  // What the program calls it stays visible when CamelCasePlugin writes another name.
  const visible = alias ?? (stored === name ? null : name)
  return conversion.draft.occurrence({ schema, name: stored }, visible, access, node)
}

/** CamelCasePlugin writes `userRoles` as `user_roles`: taken so only where the tenancy model knows the one, not the other. */
function storedName(schema: string | null, name: string, conversion: Conversion): string {
  const { tenancy } = conversion.draft.scope
  const key = (one: string): string => (schema === null ? one : `${schema}.${one}`)
  const snake = snakeCase(name)
  if (snake === name || tenancy.relations.has(key(name))) return name
  return tenancy.relations.has(key(snake)) ? snake : name
}

function rowset(reason: string, alias: string | null, span: Rowset['span']): Rowset {
  return { kind: 'rowset', alias, reason, span }
}
