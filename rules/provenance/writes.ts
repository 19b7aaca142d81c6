import type { TSESLint, TSESTree } from '@typescript-eslint/utils'
import { isFunction } from '../source/binding.ts'
import { childrenOf, contains } from '../source/children.ts'
import { variableOf } from '../source/module.ts'

/** One outcome of a test that control flow takes on the way to a node. Equal tests share a key. */
export interface Decision {
  readonly key: string
  readonly taken: boolean
  /** One case of a `switch`, with the number of its cases; null when none of them may be taken. */
  readonly among?: { readonly key: string; readonly cases: number | null }
}

/** One write to a variable. */
export interface Write {
  /** The initialiser, `x = value`, `x += value`, or a member call or assignment on it (`x.push(value)`, `x.a = value`). */
  readonly kind: 'initial' | 'assign' | 'append' | 'member'
  readonly node: TSESTree.Node
  readonly value: TSESTree.Node | null
  /** What must hold for the write to happen before the use. */
  readonly decisions: readonly Decision[]
  /** The use can be reached without this write (it stands in a branch, loop, nested function); the reason in words. */
  readonly conditional: string | null
}

/** The decision that an expression used as a test stands for: `!x` is `x` not taken. */
export function decisionOf(test: TSESTree.Node, taken: boolean, text: string): Decision {
  if (test.type === 'UnaryExpression' && test.operator === '!') return decisionOf(test.argument, !taken, text)
  return { key: text.slice(test.range[0], test.range[1]), taken }
}

/** What must hold to get from the block that also holds `at` to `node`. */
export function decisionsTo(node: TSESTree.Node, at: TSESTree.Node, text: string): Decision[] {
  const found: Decision[] = []
  let child = node
  for (let parent = node.parent; parent != null && !contains(parent, at); parent = parent.parent) {
    const decision = stepDecision(parent, child, text)
    if (decision !== null) found.push(decision)
    child = parent
  }
  return found
}

function stepDecision(parent: TSESTree.Node, child: TSESTree.Node, text: string): Decision | null {
  switch (parent.type) {
    case 'IfStatement': {
      const other = child === parent.consequent ? parent.alternate : parent.consequent
      // Where the other arm never gets here, nothing is left to decide.
      if (child === parent.test || (other !== null && abandons(other))) return null
      return decisionOf(parent.test, child === parent.consequent, text)
    }
    case 'ConditionalExpression':
      return child === parent.test ? null : decisionOf(parent.test, child === parent.consequent, text)
    case 'LogicalExpression':
      return child === parent.left ? null : decisionOf(parent.left, parent.operator === '&&', text)
    case 'SwitchCase':
      return caseDecision(parent)
    case 'ForStatement':
    case 'ForInStatement':
    case 'ForOfStatement':
    case 'WhileStatement':
      return { key: `loop at ${parent.range[0]}`, taken: true }
    case 'CatchClause':
      return { key: `catch at ${parent.range[0]}`, taken: true }
    default:
      return isFunction(parent) ? { key: `function at ${parent.range[0]}`, taken: true } : null
  }
}

function caseDecision(one: TSESTree.SwitchCase): Decision {
  const { cases, range } = one.parent as TSESTree.SwitchStatement
  // An empty case goes on into the next one.
  const taken = cases.filter(({ consequent }) => consequent.length > 0 && !consequent.some(abandons))
  const isEveryTaken = cases.some(({ test }) => test === null)
  return {
    key: `case at ${one.range[0]}`,
    taken: true,
    among: { key: `switch at ${range[0]}`, cases: isEveryTaken ? taken.length : null },
  }
}

/** Does the statement always leave the function? */
function abandons(statement: TSESTree.Node): boolean {
  switch (statement.type) {
    case 'ReturnStatement':
    case 'ThrowStatement':
      return true
    case 'BlockStatement': {
      const end = statement.body.findIndex(abandons)
      return end >= 0 && !statement.body.slice(0, end).some(breaks)
    }
    case 'IfStatement':
      return abandons(statement.consequent) && statement.alternate !== null && abandons(statement.alternate)
    default:
      return false
  }
}

/** Is there a way on that leaves only a loop or a case? */
const breaks = (node: TSESTree.Node): boolean =>
  /^(?:Break|Continue)Statement$/.test(node.type) || (!isFunction(node) && childrenOf(node).some(breaks))

/** Do the two stand in different arms of one test, so that never both run? */
export function areExclusive(node: TSESTree.Node, at: TSESTree.Node): boolean {
  let child = node
  for (let parent = node.parent; parent != null; parent = parent.parent) {
    if (contains(parent, at)) {
      if (parent.type !== 'IfStatement' && parent.type !== 'ConditionalExpression') return false
      return child !== parent.test && !contains(parent.test, at)
    }
    child = parent
  }
  return false
}

/** A test and its outcome, in words, for a message. */
export function conditionText(test: TSESTree.Node, taken: boolean, text: string): string {
  return dependence(decisionOf(test, taken, text))
}

function dependence({ key, taken }: Decision): string {
  return `it depends on ${taken ? '' : 'not '}\`${key.replaceAll(/\s+/g, ' ')}\``
}

/** The ways in which not all of the decisions (outermost first) are taken. */
export function unless(decisions: readonly Decision[]): readonly (readonly Decision[])[] {
  return decisions.map((one, index) => [...decisions.slice(0, index), turned(one)])
}

/** Another case of a switch is not told by one decision, so that its outcome stays open. */
const turned = ({ key, taken, among }: Decision): Decision =>
  among === undefined ? { key, taken: !taken } : { key: `not ${key}`, taken: true }

/** Can both be taken on one way? */
export function areCompatible(some: readonly Decision[], others: readonly Decision[]): boolean {
  return !some.some((one) =>
    others.some(
      (other) =>
        (one.key === other.key && one.taken !== other.taken) ||
        (one.among !== undefined && one.among.key === other.among?.key && one.key !== other.key),
    ),
  )
}

/** What some decisions depend on, in words; null when there is none. */
export function inWords(decisions: readonly Decision[]): string | null {
  const [first] = decisions
  if (first === undefined) return null
  const place = /^(case|loop|catch|function) at \d+$/.exec(first.key)
  if (place !== null) return `it stands in a ${place[1]}`
  return dependence(first)
}

/** All the writes to the variable before `at`, in source order. Null: not a variable that was declared in this file. */
export function writesOf(
  sourceCode: TSESLint.SourceCode,
  identifier: TSESTree.Identifier,
  at: TSESTree.Node,
): readonly Write[] | null {
  const variable = variableOf(sourceCode, identifier)
  if (variable === null || variable.defs.length === 0) return null
  const writes: Write[] = []
  for (const write of everyWrite(variable)) {
    if (write.node.range[0] >= at.range[0] && write.kind !== 'initial') continue
    if (contains(write.node, at) || areExclusive(write.node, at)) continue
    const decisions = write.kind === 'initial' ? [] : decisionsTo(write.node, at, sourceCode.text)
    writes.push({ ...write, decisions, conditional: inWords(decisions) })
  }
  return writes.toSorted((a, b) => a.node.range[0] - b.node.range[0])
}

/** Far more than programs write; what each of these and the next ones add cannot be told for every use of the variable. */
const writeLimit = 256

/** The first value of a variable that is written too often to be followed; undefined: it is not. */
export function firstOfMany(
  sourceCode: TSESLint.SourceCode,
  identifier: TSESTree.Identifier,
): TSESTree.Node | null | undefined {
  const variable = variableOf(sourceCode, identifier)
  if (variable === null || variable.references.length <= writeLimit) return undefined
  const writes = everyWrite(variable)
  return writes.length > writeLimit ? writes[0]!.value : undefined
}

/**
 * Writes that do not come before `at` in the text, and may have happened all the same: in an earlier round of a loop, or before a
 * function that only refers to the variable is called.
 */
export function writesInRounds(
  sourceCode: TSESLint.SourceCode,
  identifier: TSESTree.Identifier,
  at: TSESTree.Node,
): readonly Omit<Write, 'decisions' | 'conditional'>[] {
  const variable = variableOf(sourceCode, identifier)
  const [definition] = variable?.defs ?? []
  if (variable === null || definition === undefined) return []
  const assigned = everyWrite(variable).filter(({ kind }) => kind === 'assign' || kind === 'append')
  if (assigned.length === 0) return []
  const isEarlier = (one: RawWrite): boolean => one.node.range[1] <= at.range[0]
  const found = new Set<RawWrite>()
  for (let round = at.parent; round != null && !contains(round, definition.name); round = round.parent) {
    const isFunctionAround = isFunction(round)
    if (!isFunctionAround && !/^(?:For|While|DoWhile)/.test(round.type)) continue
    const within = assigned.filter(({ node }) => contains(round!, node))
    // What each round, or each call, writes first is what is read.
    if (within.some((one) => isEarlier(one) && decisionsTo(one.node, at, sourceCode.text).length === 0)) break
    for (const one of isFunctionAround ? assigned : within) {
      if (!isEarlier(one) || areExclusive(one.node, at)) found.add(one)
    }
  }
  return [...found]
}

type RawWrite = Omit<Write, 'decisions' | 'conditional'>

/** A client is referred to by each query of its file and written once, so that the references are looked through once. */
const known = new WeakMap<TSESLint.Scope.Variable, readonly RawWrite[]>()

function everyWrite(variable: TSESLint.Scope.Variable): readonly RawWrite[] {
  const before = known.get(variable)
  if (before !== undefined) return before
  const found: RawWrite[] = []
  for (const { identifier } of variable.references) {
    const write = writeAt(identifier as TSESTree.Identifier)
    if (write !== null) found.push(write)
  }
  known.set(variable, found)
  return found
}

const mutators = new Set(['push', 'unshift', 'splice', 'append', 'concat', 'set'])

function writeAt(identifier: TSESTree.Identifier): RawWrite | null {
  const { parent } = identifier
  switch (parent.type) {
    case 'VariableDeclarator':
      return parent.id === identifier && parent.init !== null
        ? { kind: 'initial', node: parent, value: parent.init }
        : null
    case 'AssignmentExpression':
      if (parent.left !== identifier) return null
      return {
        kind: parent.operator === '+=' ? 'append' : 'assign',
        node: parent,
        value: parent.operator === '=' || parent.operator === '+=' ? parent.right : null,
      }
    case 'UpdateExpression':
      return { kind: 'assign', node: parent, value: null }
    case 'MemberExpression':
      return parent.object === identifier ? memberWriteAt(parent) : null
    default:
      return takenApartAt(identifier)
  }
}

/** `({ id } = body)`: which part of the value it is, is not told. */
function takenApartAt(identifier: TSESTree.Identifier): RawWrite | null {
  let at: TSESTree.Node = identifier
  while (
    at.parent !== undefined &&
    /^(?:(?:Object|Array|Assignment)Pattern|Property|RestElement)$/.test(at.parent.type)
  ) {
    at = at.parent
  }
  const { parent } = at
  if (at === identifier || parent?.type !== 'AssignmentExpression' || parent.left !== at) return null
  return { kind: 'assign', node: parent, value: null }
}

function memberWriteAt(member: TSESTree.MemberExpression): RawWrite | null {
  const { parent } = member
  if (parent.type === 'AssignmentExpression' && parent.left === member) {
    return { kind: 'member', node: parent, value: parent.right }
  }
  const called = parent.type === 'CallExpression' && parent.callee === member
  const name = member.property.type === 'Identifier' ? member.property.name : ''
  return called && mutators.has(name) ? { kind: 'member', node: parent, value: null } : null
}
