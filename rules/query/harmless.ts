import type { TSESTree } from '@typescript-eslint/utils'
import { annotationOf, memberName } from '../source/binding.ts'
import { unwrap } from '../source/children.ts'
import { variableOf } from '../source/module.ts'
import { isGlobal } from '../source/origin.ts'
import { allowedAt, isWrittenOut } from './allowed.ts'
import { isDeclaredHarmless } from './declared-value.ts'
import type { ExtractionScope } from './library.ts'
import { isNumber } from './numeric.ts'
import { quotingOf } from './quoting.ts'

/** Methods of a text that put nothing into it. */
const reshaping = /^(?:toUpperCase|toLowerCase|trim|trimStart|trimEnd)$/

/** Whether a value can carry SQL. `unseen`: it would be safe if a function or list that is not in sight does what its name says. */
export type Harm = 'harmless' | 'unseen' | 'open'

const depthLimit = 8

/** Tells values that cannot carry SQL: numbers, one of a few constants, what is quoted for its place. */
export function harmOf(node: TSESTree.Node, scope: ExtractionScope, depth = 0): Harm {
  if (depth > depthLimit) return 'open'
  const bare = unwrap(node)
  if (bare.type === 'Identifier' || bare.type === 'MemberExpression') {
    const allowed = allowedAt(bare, scope)
    if (allowed === 'constant') return 'harmless'
    if (allowed === 'unseen' || isOfOperator(node, scope)) return 'unseen'
  }
  const value = unwrap(scope.resolve(node), true)
  const all = (...parts: readonly TSESTree.Node[]): Harm =>
    worst(parts.map((part) => harmOf(part, scope, depth + 1)))
  switch (value.type) {
    case 'UnaryExpression':
      return value.operator !== 'void' && value.operator !== 'typeof' ? 'harmless' : 'open'
    case 'BinaryExpression':
      if (isNumber(value, scope)) return 'harmless'
      return value.operator === '+' ? all(value.left, value.right) : 'open'
    case 'CallExpression':
      return ofCall(value, scope, depth)
    case 'ConditionalExpression':
      return all(value.consequent, value.alternate)
    case 'LogicalExpression':
      return all(value.left, value.right)
    case 'TemplateLiteral':
      return all(...value.expressions)
    case 'MemberExpression':
      if (memberName(value) === 'length' || isLookup(value, scope)) return 'harmless'
      if (isDeclaredHarmless(value, scope)) return 'harmless'
      return isMapped(value, scope) ? 'unseen' : 'open'
    case 'Literal':
      return 'harmless'
    case 'Identifier':
      return hasHarmlessType(value, scope) || isNumber(value, scope) ? 'harmless' : 'open'
    default:
      return 'open'
  }
}

function worst(all: readonly Harm[]): Harm {
  return all.includes('open') ? 'open' : all.includes('unseen') ? 'unseen' : 'harmless'
}

function ofCall(call: TSESTree.CallExpression, scope: ExtractionScope, depth: number): Harm {
  if (isNumber(call, scope) || isDate(call, scope) || isFound(call, scope)) return 'harmless'
  const callee = unwrap(call.callee)
  if (callee.type === 'MemberExpression' && reshaping.test(memberName(callee) ?? '')) {
    return harmOf(callee.object, scope, depth + 1)
  }
  const quoting = quotingOf(call, scope)
  switch (quoting.kind) {
    case 'quoted':
      return 'harmless'
    case 'unseen':
      return 'unseen'
    case 'open':
      return 'open'
    case 'inputs':
      return worst(quoting.of.map((one) => harmOf(one, scope, depth + 1)))
  }
}

/** `['name', 'born_on'].find((one) => one === x)`: only an element of the list can come out. */
function isFound({ callee }: TSESTree.CallExpression, scope: ExtractionScope): boolean {
  const bare = unwrap(callee)
  if (bare.type !== 'MemberExpression' || !/^(find|at)$/.test(memberName(bare) ?? '')) return false
  const list = scope.resolve(bare.object)
  return list.type === 'ArrayExpression' && isWrittenOut(list, scope)
}

/** `date.toISOString()`: digits and a few signs, unless a function of the program has that name. */
function isDate({ callee }: TSESTree.CallExpression, scope: ExtractionScope): boolean {
  const bare = unwrap(callee)
  const written = bare.type === 'MemberExpression' && memberName(bare) === 'toISOString'
  return written && scope.definitionOf(bare).kind !== 'function'
}

/** `columns[key]` in an object of constants: only the constants can come out. */
function isLookup(node: TSESTree.MemberExpression, scope: ExtractionScope): boolean {
  const view = node.computed ? scope.objectOf(node.object) : null
  if (view === null || view.open.length > 0 || view.properties.length === 0) return false
  return view.properties.every((property) => scope.constantOf(property.value) !== null)
}

/** The names that an object mapper keeps of its tables: `repository.metadata.tableName`. */
const mapped =
  /^(tableName|givenTableName|tableNameWithoutPrefix|tablePath|schemaName|databaseName|columnName|propertyName|propertyPath)$/

function isMapped(node: TSESTree.MemberExpression, scope: ExtractionScope): boolean {
  const object = unwrap(node.object)
  const holder =
    object.type === 'MemberExpression'
      ? memberName(object)
      : object.type === 'Identifier'
        ? object.name
        : null
  if (!mapped.test(memberName(node) ?? '') || !/metadata$/i.test(holder ?? '')) return false
  return scope.provenanceOf(node).kind !== 'request'
}

/** What whoever starts the program hands to it: `process.argv[2]`, `process.env.SCHEMA`. */
function isOfOperator(given: TSESTree.Node, scope: ExtractionScope, depth = 0): boolean {
  if (depth > depthLimit) return false
  const node = unwrap(scope.resolve(given))
  if (node.type === 'CallExpression') {
    const callee = unwrap(node.callee)
    const part = callee.type === 'MemberExpression' && /^(slice|at|find|trim)$/.test(memberName(callee) ?? '')
    return part && isOfOperator(callee.object, scope, depth + 1)
  }
  if (node.type !== 'MemberExpression') return false
  const object = unwrap(node.object)
  if (object.type === 'Identifier' && /^(argv|env)$/.test(memberName(node) ?? ''))
    return isGlobal(scope.definitionOf(object), 'process')
  return isOfOperator(object, scope, depth + 1)
}

/** `number`, or a union of literals. */
function hasHarmlessType(node: TSESTree.Identifier, scope: ExtractionScope): boolean {
  const annotation = annotationOfUse(node, scope)
  const types =
    annotation?.type === 'TSUnionType' ? annotation.types : annotation === null ? [] : [annotation]
  const harmless = types.every(
    (type) =>
      type.type === 'TSNumberKeyword' || type.type === 'TSBooleanKeyword' || type.type === 'TSLiteralType',
  )
  return types.length > 0 && harmless
}

function annotationOfUse(node: TSESTree.Identifier, scope: ExtractionScope): TSESTree.TypeNode | null {
  const name = variableOf(scope.sourceCode, node)?.defs[0]?.name
  return name === undefined ? null : annotationOf(name as TSESTree.Node)
}
