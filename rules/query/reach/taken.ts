import type { TSESLint, TSESTree } from '@typescript-eslint/utils'
import { leaves } from '../../provenance/guard.ts'
import { isFunction, memberName } from '../../source/binding.ts'
import { unwrap } from '../../source/children.ts'
import { variableOf } from '../../source/module.ts'
import type { QueryContext } from '../context.ts'
import { tenantNames } from './actor.ts'
import { calleeName } from '../../source/callee.ts'
import type { Exposure } from './exposure.ts'
import { refusalAlone } from './refusal.ts'
import { isNothing } from '../../source/nothing.ts'

export const taken: Exposure = { kind: 'derived', from: 'a look at whether something is taken already' }

/** Where an expression that holds rows, or what was made of them, ends up. */
type End =
  /** A test that turns away whoever would take what is there already: `if (existing) throw`. */
  | 'refuses'
  /** A test that only goes on to the next row. */
  | 'skips'
  /** Other variables, to be looked at in their turn. */
  | { readonly variables: readonly TSESLint.Scope.Variable[] }
  | 'elsewhere'

/** What is made of rows, on the way up from them to where they end. */
interface Way {
  readonly node: TSESTree.Node
  /** The truth of `node` means that a row is there; null: it is no question yet. */
  readonly isThere: boolean | null
}

/**
 * `const existing = await findBySlug(slug); if (existing) throw new Error('taken')`: rows of whichever tenant that do nothing but refuse what
 * exists already, or answer whether a name is free. Nothing of them is handed on, changed or returned.
 */
export function onlyTellsTaken(call: TSESTree.CallExpression, { scope, tenancy }: QueryContext): boolean {
  // What looks at the tenant is a check of it, to be judged as one.
  const names = tenantNames(tenancy)
  const seen = new Set<TSESLint.Scope.Variable>()
  let refuses = false
  const isHarmless = (node: TSESTree.Node): boolean => {
    const end = endOf(node, scope.sourceCode, names)
    if (end === 'refuses') refuses = true
    if (typeof end === 'string') return end !== 'elsewhere'
    return end.variables.every(isUsedSo)
  }
  const isUsedSo = (variable: TSESLint.Scope.Variable): boolean => {
    if (names.test(variable.name)) return false
    if (seen.has(variable)) return true
    seen.add(variable)
    return variable.references.every(
      ({ identifier, init }) => init === true || (!isWritten(identifier) && isHarmless(identifier)),
    )
  }
  return isHarmless(call) && refuses
}

const isWritten = (node: TSESTree.Node): boolean =>
  node.parent?.type === 'AssignmentExpression' && node.parent.left === node

function endOf(start: TSESTree.Node, sourceCode: TSESLint.SourceCode, tenants: RegExp): End {
  let way: Way = { node: start, isThere: null }
  for (;;) {
    const { node } = way
    const { parent } = node
    switch (parent?.type) {
      case 'VariableDeclarator':
        return parent.init === node ? declaredIn(parent.id, sourceCode) : 'elsewhere'
      case 'ArrayExpression': {
        const element = elementGiven(parent, node)
        return element === null ? 'elsewhere' : declaredIn(element, sourceCode)
      }
      case 'ForOfStatement':
        return parent.right === node && parent.left.type === 'VariableDeclaration'
          ? declaredIn(parent.left.declarations[0]!.id, sourceCode)
          : 'elsewhere'
      case 'IfStatement':
        return parent.test === node ? endOfTest(parent, way.isThere ?? true, sourceCode) : 'elsewhere'
      case 'Property':
        return parent.value === node && isLogged(parent.parent) ? 'skips' : 'elsewhere'
      case 'ReturnStatement':
        return way.isThere === false ? 'refuses' : 'elsewhere'
      case 'ArrowFunctionExpression':
        return way.isThere === false && parent.body === node && !isCallback(parent) ? 'refuses' : 'elsewhere'
      default: {
        if (parent?.type === 'MemberExpression' && tenants.test(memberName(parent) ?? '')) return 'elsewhere'
        const next: Way | null = parent === undefined ? null : above(parent, way)
        if (next === null) return 'elsewhere'
        way = next
      }
    }
  }
}

/** `const [taken, plan] = await Promise.all([findBySlug(slug), findPlan()])`: what one of several is given to. */
function elementGiven(list: TSESTree.ArrayExpression, node: TSESTree.Node): TSESTree.Node | null {
  const all = list.parent
  const isAll = all.type === 'CallExpression' && calleeName(all) === 'all'
  const holder = isAll && all.parent.type === 'AwaitExpression' ? all.parent.parent : undefined
  if (holder?.type !== 'VariableDeclarator' || holder.id.type !== 'ArrayPattern') return null
  return holder.id.elements[list.elements.indexOf(node as TSESTree.Expression)] ?? null
}

/** The variables of a pattern; one that cannot be found may be used for anything. */
function declaredIn(pattern: TSESTree.Node, sourceCode: TSESLint.SourceCode): End {
  const names = identifiersIn(pattern)
  const variables = names?.map((name) => variableOf(sourceCode, name))
  return variables?.every((one) => one !== null) === true ? { variables } : 'elsewhere'
}

function identifiersIn(pattern: TSESTree.Node): readonly TSESTree.Identifier[] | null {
  const parts = (nodes: readonly (TSESTree.Node | null)[]): readonly TSESTree.Identifier[] | null => {
    const found = nodes.filter((one) => one !== null).map(identifiersIn)
    return found.every((one) => one !== null) ? found.flat() : null
  }
  if (pattern.type === 'Identifier') return [pattern]
  if (pattern.type === 'ArrayPattern') return parts(pattern.elements)
  if (pattern.type !== 'ObjectPattern') return null
  return parts(pattern.properties.map((one) => (one.type === 'Property' ? one.value : one)))
}

/** `console.warn('skipped', { id: row.id })` tells the operator, not the sender. */
function isLogged(given: TSESTree.Node): boolean {
  const call = given.parent
  const callee = call?.type === 'CallExpression' ? unwrap(call.callee) : null
  return (
    callee?.type === 'MemberExpression' &&
    callee.object.type === 'Identifier' &&
    callee.object.name === 'console'
  )
}

const isCallback = (node: TSESTree.Node): boolean => node.parent?.type === 'CallExpression'

function endOfTest(
  { consequent, alternate }: TSESTree.IfStatement,
  isThere: boolean,
  sourceCode: TSESLint.SourceCode,
): End {
  if (alternate !== null) return answers(consequent) && answers(alternate) ? 'refuses' : 'elsewhere'
  const isLeft = leaves(consequent) || refusalAlone(sourceCode.getText(consequent)) === 'throws'
  if (!isLeft) return 'elsewhere'
  const last = consequent.type === 'BlockStatement' ? consequent.body.at(-1) : consequent
  if (last?.type === 'ContinueStatement') return 'skips'
  return isThere ? 'refuses' : 'elsewhere'
}

/** `{ return NextResponse.json({ free: false }) }`: a branch that does nothing but answer what the program wrote. */
function answers(branch: TSESTree.Node): boolean {
  const only = branch.type === 'BlockStatement' && branch.body.length === 1 ? branch.body[0]! : branch
  return only.type === 'ReturnStatement' && only.argument !== null && isWrittenOut(only.argument)
}

function isWrittenOut(given: TSESTree.Node): boolean {
  const node = unwrap(given, true)
  switch (node.type) {
    case 'Literal':
      return true
    case 'ObjectExpression':
      return node.properties.every((one) => one.type === 'Property' && isWrittenOut(one.value))
    case 'CallExpression':
    case 'NewExpression':
      return node.arguments.length > 0 && node.arguments.every(isWrittenOut)
    default:
      return false
  }
}

/** One step up an expression; null where the value is used for something else. */
function above(parent: TSESTree.Node, { node, isThere }: Way): Way | null {
  switch (parent.type) {
    case 'AwaitExpression':
    case 'ChainExpression':
    case 'TSAsExpression':
    case 'TSNonNullExpression':
    case 'TSSatisfiesExpression':
      return { node: parent, isThere }
    case 'MemberExpression':
      return parent.object === node && !isCallOfOther(parent) ? { node: parent, isThere: null } : null
    case 'CallExpression':
      return ofCall(parent, { node, isThere })
    case 'UnaryExpression':
      return parent.operator === '!' ? { node: parent, isThere: !(isThere ?? true) } : null
    // `const others = own ? rows.filter((row) => row.id !== own) : rows`
    case 'ConditionalExpression':
      return parent.test === node ? null : { node: parent, isThere }
    case 'LogicalExpression':
      if (parent.operator !== '??') return { node: parent, isThere: isThere ?? true }
      return { node: parent, isThere }
    case 'BinaryExpression':
      return ofComparison(parent, { node, isThere })
    default:
      return null
  }
}

/** Methods that read what they are called on. */
const reading =
  /^(?:some|every|includes|has|find|filter|map|flatMap|split|trim|toLowerCase|toUpperCase|at|get|startsWith|then)$/

function isCallOfOther(member: TSESTree.MemberExpression): boolean {
  const isCalled = member.parent.type === 'CallExpression' && member.parent.callee === member
  return isCalled && !reading.test(memberName(member) ?? '')
}

function ofCall(call: TSESTree.CallExpression, { node }: Way): Way | null {
  if (call.callee === node) return { node: call, isThere: null }
  const callee = unwrap(call.callee)
  const name = callee.type === 'Identifier' ? callee.name : ''
  if (/^(?:Boolean|Number|String)$/.test(name)) return { node: call, isThere: null }
  const isParsed =
    callee.type === 'MemberExpression' &&
    callee.object.type === 'Identifier' &&
    callee.object.name === 'JSON' &&
    memberName(callee) === 'parse'
  if (isParsed) return { node: call, isThere: null }
  // `normalized(row.url) === url`: what a function makes of it is compared.
  const isCompared = call.parent.type === 'BinaryExpression' && /^[!=]==?$/.test(call.parent.operator)
  return isCompared && !call.arguments.some(isFunction) ? { node: call, isThere: null } : null
}

/** `row.slug === slug`, `rows.length > 0`, `row !== null`, `count === 0`. */
function ofComparison(comparison: TSESTree.BinaryExpression, { node }: Way): Way | null {
  const { operator, left, right } = comparison
  const other = left === node ? right : left
  const isNone = isNothing(other) || (other.type === 'Literal' && other.value === 0)
  // What is compared with something else is a row that was found; their number is another when some were not.
  if (/^!==?$/.test(operator) && isNumberOfSome(other)) return { node: comparison, isThere: false }
  if (/^===?$/.test(operator)) return { node: comparison, isThere: !isNone }
  if (/^!==?$/.test(operator)) return { node: comparison, isThere: true }
  if (left !== node || other.type !== 'Literal') return null
  if (operator === '>' || operator === '>=') return { node: comparison, isThere: true }
  return { node: comparison, isThere: false }
}

/** `ids.length`, `1`: as many as there should be. */
function isNumberOfSome(node: TSESTree.Node): boolean {
  if (node.type === 'Literal') return typeof node.value === 'number' && node.value !== 0
  return node.type === 'MemberExpression' && /^(?:length|size)$/.test(memberName(node) ?? '')
}
