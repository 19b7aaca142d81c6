import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction, memberName } from '../../source/binding.ts'
import { functionAround, unwrap } from '../../source/children.ts'
import type { Provenance } from '../../provenance/provenance.ts'
import type { CallNode, ExtractionScope, LibraryExtractor } from '../library.ts'
import type { Answer, Opaque, QueryOrOpaque } from '../query.ts'
import { type SqlCall, type SqlText, beginsAsQuery, queriesOf, sqlTextOf } from '../sql-text.ts'
import { compose } from '../text.ts'
import { elementsOf } from '../text-array.ts'
import { isTextual } from '../textual.ts'
import { explore } from '../variants.ts'
import { type Client, clientOf, forwards, queryNames } from './pg/client.ts'

/** A call of something named after a query, a client by its usual name, or text that begins a statement. */
const statementWords =
  /query\w*\s*(?:<[^()]*>\s*)?(?:\?\.)?\(|sql|\b(?:db|pool|pg)\b|\bselect\s|\binsert\s+into\s|\bdelete\s+from\s|\bupdate\s+[\w".$`{}]+\s+(?:\w+\s+)?set\s|\btruncate\s/i

/** node-postgres, the wrappers that programs put around it, and clients with the same `(text, values)` call. */
export const pg: LibraryExtractor = {
  name: 'pg',
  reentrant: true,
  mentions: (text) => statementWords.test(text),
  extract: (node, scope) => (node.type === 'CallExpression' ? extract(node, scope) : null),
}

interface Argument {
  readonly text: TSESTree.Node
  readonly values: TSESTree.Node | null
}

function extract(
  node: TSESTree.CallExpression,
  scope: ExtractionScope,
): QueryOrOpaque | readonly QueryOrOpaque[] | null {
  const callee = unwrap(node.callee)
  const [first] = node.arguments
  if (first === undefined || first.type === 'SpreadElement') return null
  const name = calleeName(callee)
  if (name === null || (!queryNames.test(name) && !mayBeSql(first))) return null
  const argument = argumentOf(node, scope)
  if (argument === null) return null
  const client = clientOf(callee, scope)
  if (client === 'other') return null
  return read(node, argument, client, callee, scope)
}

/** pg-promise says in the method's name how many rows it takes; every other call gives a result with `rows`. */
function answerOf(name: string | null): Answer {
  switch (name) {
    case 'one':
    case 'oneOrNone':
      return { shape: 'row', throws: name === 'one' }
    case 'many':
    case 'manyOrNone':
    case 'any':
      return { shape: 'rows', throws: name === 'many' }
    case 'none':
      return { shape: 'none', throws: false }
    default:
      return { shape: 'result', throws: false }
  }
}

function calleeName(callee: TSESTree.Node): string | null {
  if (callee.type === 'Identifier') return callee.name
  return callee.type === 'MemberExpression' ? memberName(callee) : null
}

/** A look at the first argument that is cheap enough for every call of the file. */
function mayBeSql(first: TSESTree.Node): boolean {
  switch (first.type) {
    case 'Literal':
      return typeof first.value === 'string' && beginsAsQuery(first.value)
    case 'TemplateLiteral':
      return beginsAsQuery(first.quasis[0]!.value.raw)
    case 'TaggedTemplateExpression':
      return beginsAsQuery(first.quasi.quasis[0]!.value.raw)
    case 'BinaryExpression':
      return mayBeSql(first.left)
    default:
      return false
  }
}

/** `(text, values)`, `({ text, values })`, `(new Cursor(text, values))`. */
function argumentOf(node: TSESTree.CallExpression, scope: ExtractionScope): Argument | null {
  const [first, second] = node.arguments
  if (first === undefined || first.type === 'SpreadElement') return null
  const value = isTextual(first, scope) ? unwrap(first) : scope.resolve(first)
  if (value.type === 'ObjectExpression') {
    const view = scope.objectOf(first)
    const text = view?.properties.findLast((property) => property.name === 'text')?.value
    if (text === undefined) return null
    const values = view?.properties.findLast((property) => property.name === 'values')?.value
    return { text, values: values ?? valuesOf(second) }
  }
  if (value.type === 'NewExpression' && value.arguments[0] !== undefined) {
    const [text, values] = value.arguments
    return text?.type === 'SpreadElement' ? null : { text: text!, values: valuesOf(values) }
  }
  return { text: first, values: valuesOf(second) }
}

/** The second argument as values; a callback is none. */
function valuesOf(node: TSESTree.CallExpressionArgument | undefined): TSESTree.Node | null {
  if (node === undefined || node.type === 'SpreadElement') return null
  const callback = node.type === 'ArrowFunctionExpression' || node.type === 'FunctionExpression'
  return callback ? null : node
}

function read(
  node: CallNode,
  argument: Argument,
  client: Client,
  callee: TSESTree.Node,
  scope: ExtractionScope,
): readonly QueryOrOpaque[] | null {
  const path = callee.type === 'MemberExpression' ? scope.pathOf(callee.object) : scope.pathOf(callee)
  const { variants, complete } = explore((decider) => {
    const text = sqlTextOf(compose(argument.text, scope, decider))
    if (!isReadable(text, client)) return { text, queries: null }
    const elements = argument.values === null ? null : elementsOf(argument.values, scope, decider)
    const valueOf = valueReader(argument.values, elements, scope)
    const sourceOf = (index: number): TSESTree.Node | null => elements?.[index - 1] ?? null
    const call: SqlCall = {
      library: 'pg',
      node,
      client: path,
      answer: answerOf(calleeName(callee)),
      valueOf,
      sourceOf,
    }
    return { text, queries: queriesOf(text, call, scope) }
  })
  const readable = variants.flatMap(({ value }) => value.queries ?? [])
  const unread = variants.find(({ value }) => value.queries === null)
  if (client === 'undecided') {
    const certain = readable.some((query) => query.kind === 'query')
    return certain ? readable : null
  }
  if (unread !== undefined && variants.every(({ value }) => value.queries === null)) {
    const { text } = unread.value
    return isUnseen(text) && !isForwarded(node, text) ? [unseen(node, text, scope)] : null
  }
  return complete ? readable : [...readable, incomplete(node)]
}

/** Statements that touch no rows (BEGIN, SET, DDL) need no parser; text that is one big hole cannot be read. */
function isReadable(text: SqlText, client: Client): boolean {
  const [start] = text.strings
  if (beginsAsQuery(start!)) return true
  return client === 'pg' && text.holes.length > 0 && start!.trim() === '' && !isUnseen(text)
}

function isUnseen(text: SqlText): boolean {
  return text.holes.length > 0 && text.strings.join('').trim() === ''
}

/** Inside a wrapper the text is the caller's, and the callers are judged. */
function isForwarded(node: TSESTree.Node, text: SqlText): boolean {
  const around = functionAround(node)
  const hole = text.holes[0]!.node
  const [first] = isFunction(around) ? around.params : []
  const own = hole.type === 'Identifier' && first?.type === 'Identifier' && first.name === hole.name
  return own && isFunction(around) && forwards(around)
}

function unseen(node: TSESTree.Node, text: SqlText, scope: ExtractionScope): Opaque {
  const source = scope.sourceCode.getText(text.holes[0]!.node)
  const shown = source.length > 60 ? `${source.slice(0, 57)}...` : source
  return {
    kind: 'opaque',
    library: 'pg',
    node,
    reason: `its SQL text comes from \`${shown}\`, which is not in sight`,
    interpolations: [],
  }
}

function incomplete(node: TSESTree.Node): Opaque {
  return {
    kind: 'opaque',
    library: 'pg',
    node,
    reason: 'its SQL text has more variants than can be looked at',
    interpolations: [],
  }
}

function valueReader(
  values: TSESTree.Node | null,
  elements: readonly (TSESTree.Node | undefined)[] | null,
  scope: ExtractionScope,
): (index: number) => Provenance {
  return (index) => {
    const element = elements?.[index - 1]
    if (element !== undefined) return scope.provenanceOf(element)
    const whole = values === null || elements !== null ? null : scope.provenanceOf(values)
    const path = `$${Number.isNaN(index) ? '?' : index}`
    if (whole === null || whole.kind === 'literal') return { kind: 'unknown', path, nullable: false }
    return { ...whole, nullable: false }
  }
}
