import { as, strings, type Content } from './ast.ts'
import { bindQualified, bindUnqualified, union, type NameScope } from './names.ts'
import type { AstNode } from './parse.ts'
import type { Reader } from './reader.ts'
import type { Operand, Span } from './statement.ts'

/** Reads a scalar expression. What has no place in {@link Operand} is opaque, with everything that it mentions. */
export function readOperand(reader: Reader, node: AstNode, scope: NameScope): Operand {
  if ('ColumnRef' in node) return readColumn(reader, node.ColumnRef, scope)
  if ('A_Const' in node) return readConstant(reader, node.A_Const)
  if ('ParamRef' in node) return readParameter(reader, node.ParamRef)
  if ('TypeCast' in node) return readCast(reader, node.TypeCast, scope)
  if ('CollateClause' in node && node.CollateClause.arg !== undefined) {
    return readOperand(reader, node.CollateClause.arg, scope)
  }
  if ('FuncCall' in node) return readCall(reader, node.FuncCall, scope)
  if ('CoalesceExpr' in node) {
    const { args, location } = node.CoalesceExpr
    return call('coalesce', readAll(reader, args, scope), reader.spanAt(location))
  }
  if ('SubLink' in node) return readScalarQuery(reader, node.SubLink, scope)
  if ('A_Expr' in node) return readExpression(reader, node.A_Expr, scope)
  return opaque(reader, node, scope)
}

const call = (name: string, args: readonly Operand[], span: Span | null): Operand => ({
  kind: 'call',
  name,
  arguments: args,
  span,
})

const readAll = (reader: Reader, nodes: readonly AstNode[] | undefined, scope: NameScope): Operand[] =>
  (nodes ?? []).map((node) => readOperand(reader, node, scope))

function readColumn(reader: Reader, node: Content<'ColumnRef'>, scope: NameScope): Operand {
  const span = reader.spanAt(node.location)
  const names = strings(node.fields)
  const column = names.at(-1) ?? ''
  if (names.length === 1) return bindUnqualified(scope, column, span)
  return bindQualified(scope, names.length > 2 ? names.at(-3)! : null, names.at(-2)!, column, span)
}

function readConstant(reader: Reader, node: Content<'A_Const'>): Operand {
  const span = reader.spanAt(node.location)
  const literal = (value: string | number | boolean | null): Operand => ({ kind: 'literal', value, span })
  if (node.isnull === true) return literal(null)
  if (node.ival !== undefined) return literal(node.ival.ival ?? 0)
  if (node.boolval !== undefined) return literal(node.boolval.boolval ?? false)
  if (node.fval !== undefined) {
    const text = node.fval.fval ?? '0'
    // An integer beyond 2^53 keeps its digits, lest two of them become equal.
    return literal(Number.isSafeInteger(Number(text)) || text.includes('.') ? Number(text) : text)
  }
  return literal(node.sval?.sval ?? node.bsval?.bsval ?? '')
}

function readParameter(reader: Reader, node: Content<'ParamRef'>): Operand {
  const span = reader.spanAt(node.location)
  return { kind: 'parameter', index: reader.parameter(`$${node.number ?? 0}`, span), span }
}

function readCast(reader: Reader, node: Content<'TypeCast'>, scope: NameScope): Operand {
  if (node.arg === undefined) return { kind: 'opaque', reason: 'a cast of nothing', mentions: [], span: null }
  const operand = readOperand(reader, node.arg, scope)
  const type = strings(node.typeName?.names).at(-1)
  if (operand.kind === 'literal' && typeof operand.value === 'string') {
    if (type === 'bool' && /^(t|true|f|false)$/i.test(operand.value)) {
      return { ...operand, value: /^t/i.test(operand.value) }
    }
    if (/^int[248]$/.test(type ?? '') && /^-?\d{1,15}$/.test(operand.value)) {
      return { ...operand, value: Number(operand.value) }
    }
  }
  // A boolean, a date or a shortened text tells less than what it was made from.
  const narrowing =
    /^(bool|date|time|timetz|char|bpchar)$/.test(type ?? '') || node.typeName?.typmods !== undefined
  return narrowing && operand.kind !== 'literal' ? call(`cast to ${type}`, [operand], operand.span) : operand
}

function readCall(reader: Reader, node: Content<'FuncCall'>, scope: NameScope): Operand {
  const span = reader.spanAt(node.location)
  const path = strings(node.funcname)
  const name = (path[0] === 'pg_catalog' ? path.slice(1) : path).join('.')
  const args = readAll(reader, node.args, scope)
  if (name === 'current_setting') {
    const [setting, missingOk] = args
    if (setting?.kind === 'literal' && typeof setting.value === 'string') {
      return {
        kind: 'setting',
        name: setting.value.toLowerCase(),
        missingOk: missingOk?.kind === 'literal' && missingOk.value === true,
        emptyIsNull: false,
        span,
      }
    }
  }
  const { agg_filter, agg_order, over } = node
  const rest = [agg_filter, ...(agg_order ?? []), over].filter((part) => part !== undefined)
  return call(name, [...args, ...rest.flatMap((part) => mentionsIn(reader, part, scope))], span)
}

/** `(SELECT current_setting(…))` is the setting: PostgreSQL users write it so that it is evaluated once. */
function readScalarQuery(reader: Reader, node: Content<'SubLink'>, scope: NameScope): Operand {
  const span = reader.spanAt(node.location)
  if (node.subLinkType !== 'EXPR_SUBLINK' || node.subselect === undefined) {
    return opaque(reader, { SubLink: node }, scope)
  }
  const block = reader.block(node.subselect, scope)
  if (block.kind === 'select' && block.from.length === 0 && block.where === null && block.ctes.length === 0) {
    const only = block.outputs.length === 1 && !block.limited ? block.outputs[0]!.operand : null
    if (only?.kind === 'setting' || only?.kind === 'parameter' || only?.kind === 'call') return only
  }
  return { kind: 'subquery', block, span }
}

function readExpression(reader: Reader, node: Content<'A_Expr'>, scope: NameScope): Operand {
  const operator = strings(node.name).at(-1) ?? ''
  const left = node.lexpr === undefined ? null : readOperand(reader, node.lexpr, scope)
  const right = node.rexpr === undefined ? null : readOperand(reader, node.rexpr, scope)
  const span = union(left?.span ?? null, right?.span ?? null)
  if (node.kind === 'AEXPR_NULLIF' && left !== null && right !== null) {
    if (left.kind === 'setting' && right.kind === 'literal' && right.value === '') {
      return { ...left, emptyIsNull: true }
    }
    return call('nullif', [left, right], span)
  }
  if (left === null && right?.kind === 'literal' && typeof right.value === 'number' && operator === '-') {
    return { ...right, value: -right.value }
  }
  return call(
    operator,
    [left, right].filter((part) => part !== null),
    span,
  )
}

/** Everything that an expression mentions, whatever its shape. */
export function mentionsIn(reader: Reader, node: unknown, scope: NameScope): Operand[] {
  if (Array.isArray(node)) return node.flatMap((part) => mentionsIn(reader, part, scope))
  if (typeof node !== 'object' || node === null) return []
  const known = node as AstNode
  if ('ColumnRef' in known || 'ParamRef' in known || 'FuncCall' in known)
    return [readOperand(reader, known, scope)]
  if ('SubLink' in known) {
    const { testexpr, subselect } = known.SubLink
    const tested = testexpr === undefined ? [] : mentionsIn(reader, testexpr, scope)
    if (subselect === undefined) return tested
    return [...tested, { kind: 'subquery', block: reader.block(subselect, scope), span: null }]
  }
  return Object.values(node).flatMap((part) => mentionsIn(reader, part, scope))
}

export function opaque(reader: Reader, node: AstNode, scope: NameScope): Operand {
  const tag = Object.keys(node)[0] ?? 'expression'
  const content = Object.values(node)[0] as { readonly location?: number }
  return {
    kind: 'opaque',
    reason: tag,
    mentions: mentionsIn(reader, Object.values(node), scope),
    span: reader.spanAt(content.location ?? -1),
  }
}

/** The members of `ROW(…)` or `(a, b)`, null for anything else. */
export function rowOf(node: AstNode | undefined): readonly AstNode[] | null {
  const row = as(node, 'RowExpr')
  if (row !== undefined) return row.args ?? []
  return null
}
