import type { FuncCall, Node } from 'libpg-query'
import { parseSql } from '../sql/parse.ts'
import { namesOf, wordOf } from './ast.ts'

/** What an expression of constants comes to. Null is not known. */
export type Value = string | readonly Value[] | null

export type Environment = ReadonlyMap<string, Value>

/** The value of an expression, as far as it follows from constants and known variables. */
export function evaluate(text: string, environment: Environment): Value {
  return first(evaluateRows(`SELECT ${text}`, environment)) ?? null
}

function first(rows: readonly Value[] | null): Value {
  return rows?.length === 1 ? rows[0]! : null
}

/** The rows of a query over constants, one column each; null when they are not known. */
export function evaluateRows(query: string, environment: Environment): readonly Value[] | null {
  const parsed = parseSql(query)
  const node = parsed.kind === 'parsed' ? parsed.statements[0]?.node : undefined
  if (node === undefined || !('SelectStmt' in node)) return null
  const { targetList, fromClause, whereClause, valuesLists } = node.SelectStmt
  if (valuesLists !== undefined) {
    return valuesLists.map((row) => value('List' in row ? row.List.items?.[0] : undefined, environment))
  }
  if (whereClause !== undefined || (targetList ?? []).length !== 1) return null
  const target = targetList![0]!
  const expression = 'ResTarget' in target ? target.ResTarget.val : undefined
  const source = fromClause?.[0]
  if (source === undefined) return unnested(expression, environment)
  const isPlain = expression !== undefined && 'ColumnRef' in expression
  if (!isPlain || fromClause!.length !== 1) return null
  if ('RangeFunction' in source) {
    const call = source.RangeFunction.functions?.[0]
    return unnested(call !== undefined && 'List' in call ? call.List.items?.[0] : undefined, environment)
  }
  if ('RangeSubselect' in source) {
    const select = source.RangeSubselect.subquery
    const lists = select !== undefined && 'SelectStmt' in select ? select.SelectStmt.valuesLists : undefined
    return lists?.map((row) => value('List' in row ? row.List.items?.[0] : undefined, environment)) ?? null
  }
  return null
}

/** A set-returning `unnest` gives one row for each element, any other expression one row. */
function unnested(node: Node | undefined, environment: Environment): readonly Value[] | null {
  if (node !== undefined && 'FuncCall' in node && namesOf(node.FuncCall.funcname).at(-1) === 'unnest') {
    const list = value(node.FuncCall.args?.[0], environment)
    return Array.isArray(list) ? (list as readonly Value[]) : null
  }
  return [value(node, environment)]
}

function value(node: Node | undefined, environment: Environment): Value {
  if (node === undefined) return null
  if ('A_Const' in node) return wordOf(node)
  if ('TypeCast' in node) return cast(value(node.TypeCast.arg, environment), node)
  if ('ColumnRef' in node) {
    const names = namesOf(node.ColumnRef.fields)
    return environment.get(names.join('.')) ?? environment.get(names[0] ?? '') ?? null
  }
  if ('A_ArrayExpr' in node) return (node.A_ArrayExpr.elements ?? []).map((item) => value(item, environment))
  if ('A_Expr' in node && namesOf(node.A_Expr.name)[0] === '||') {
    const left = value(node.A_Expr.lexpr, environment)
    const right = value(node.A_Expr.rexpr, environment)
    return typeof left === 'string' && typeof right === 'string' ? left + right : null
  }
  return 'FuncCall' in node ? call(node.FuncCall, environment) : null
}

/** `'{a,b}'::text[]` is an array; other casts leave the text alone. */
function cast(inner: Value, node: Extract<Node, { TypeCast: unknown }>): Value {
  const isArray = (node.TypeCast.typeName?.arrayBounds ?? []).length > 0
  if (!isArray || typeof inner !== 'string') return inner
  const list = /^\{([^{}"\\]*)\}$/.exec(inner)?.[1]
  if (list === undefined) return null
  return list === '' ? [] : list.split(',').map((item) => item.trim())
}

const quoteIdentifier = (name: string): string =>
  /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`

const quoteLiteral = (text: string): string => `'${text.replaceAll("'", "''")}'`

const functions: Readonly<Record<string, (values: readonly string[]) => string | null>> = {
  format: (values) => format(values[0] ?? '', values.slice(1)),
  quote_ident: (values) => quoteIdentifier(values[0] ?? ''),
  quote_literal: (values) => quoteLiteral(values[0] ?? ''),
  concat: (values) => values.join(''),
  lower: (values) => (values[0] ?? '').toLowerCase(),
  upper: (values) => (values[0] ?? '').toUpperCase(),
  replace: (values) => (values[0] ?? '').replaceAll(values[1] ?? '', values[2] ?? ''),
}

function call(node: FuncCall, environment: Environment): Value {
  const apply = functions[namesOf(node.funcname).at(-1) ?? '']
  const values = (node.args ?? []).map((argument) => value(argument, environment))
  const known = values.filter((item): item is string => typeof item === 'string')
  return apply === undefined || known.length !== values.length ? null : apply(known)
}

/** `format()` of PostgreSQL: `%s`, `%I`, `%L`, with positions (`%1$I`); widths are not supported and not known. */
function format(pattern: string, values: readonly string[]): string | null {
  let next = 0
  let known = true
  const text = pattern.replace(
    /%(?:(\d+)\$)?([sIL%]|.)/g,
    (_, position: string | undefined, kind: string) => {
      if (kind === '%') return '%'
      const index = position === undefined ? next++ : (next = Number(position)) - 1
      const item = values[index]
      if (item === undefined || !'sIL'.includes(kind)) {
        known = false
        return ''
      }
      return kind === 's' ? item : kind === 'I' ? quoteIdentifier(item) : quoteLiteral(item)
    },
  )
  return known ? text : null
}
