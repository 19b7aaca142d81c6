import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction, memberName } from '../../source/binding.ts'
import { functionAround, unwrap } from '../../source/children.ts'
import { type Flavour, anyText, clickhouseText, genericText, mysqlText, pgText } from '../../sql/flavour.ts'
import { tokensOf } from '../../sql/lexer.ts'
import type { CallNode, ExtractionScope, LibraryExtractor } from '../library.ts'
import type { Answer, Library, Opaque, QueryOrOpaque } from '../query.ts'
import { type SqlText, beginsAsQuery, queriesOf } from '../sql-text.ts'
import { type TextCall, queriesIn, textOf } from '../text-call.ts'
import { isTextual } from '../textual.ts'
import { explore } from '../variants.ts'
import { type Client, clientOf, forwards, queryNames } from './pg/client.ts'
import { isKnownClient } from './pg/known-client.ts'

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
  readonly values: readonly TSESTree.Node[]
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
function answerOf(name: string | null, client: Client): Answer {
  if (client === 'mysql') return { shape: 'pair', throws: false }
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

/** What the text may hold beside PostgreSQL's own grammar. */
function flavourOf(client: Client): TextCall['flavour'] {
  switch (client) {
    case 'pg':
      return pgText
    case 'mysql':
      return mysqlText
    case 'clickhouse':
      return clickhouseText
    case 'sql':
      return genericText
    default:
      return guessed
  }
}

/** PostgreSQL takes neither backticks nor `?` for a value. */
function guessed(text: string): Flavour {
  const tokens = tokensOf([text], anyText)
  if (tokens.some(({ kind, text: sign }) => kind === 'sign' && sign === '`')) {
    return { ...anyText, dialect: 'mysql' }
  }
  const positional = tokens.some(({ placeholder }) => placeholder?.name === null)
  return positional ? { ...anyText, dialect: 'generic' } : anyText
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

/** Under these names clients take the text and its values in one object. */
const textKeys = /^(text|sql|query)$/
const valueKeys = /^(values|params|query_params|bindings|args)$/

/** `(text, values)`, `({ text, values })`, `(new Cursor(text, values))`. */
function argumentOf(node: TSESTree.CallExpression, scope: ExtractionScope): Argument | null {
  const [first, second] = node.arguments
  if (first === undefined || first.type === 'SpreadElement') return null
  const value = isTextual(first, scope) ? unwrap(first) : scope.resolve(first)
  if (value.type === 'ObjectExpression') {
    const view = scope.objectOf(first)
    const text = view?.properties.findLast(({ name }) => textKeys.test(name))?.value
    if (text === undefined) return null
    const values = view?.properties.findLast(({ name }) => valueKeys.test(name))?.value
    return { text, values: values === undefined ? valuesOf(second) : [values] }
  }
  if (value.type === 'NewExpression' && value.arguments[0] !== undefined) {
    const [text, values] = value.arguments
    return text?.type === 'SpreadElement' ? null : { text: text!, values: valuesOf(values) }
  }
  return { text: first, values: valuesOf(second) }
}

/** The second argument as values; a callback is none. */
function valuesOf(node: TSESTree.CallExpressionArgument | undefined): readonly TSESTree.Node[] {
  if (node === undefined || node.type === 'SpreadElement') return []
  const callback = node.type === 'ArrowFunctionExpression' || node.type === 'FunctionExpression'
  return callback ? [] : [node]
}

function read(
  node: CallNode,
  argument: Argument,
  client: Client,
  callee: TSESTree.Node,
  scope: ExtractionScope,
): readonly QueryOrOpaque[] | null {
  const path = callee.type === 'MemberExpression' ? scope.pathOf(callee.object) : scope.pathOf(callee)
  const name = calleeName(callee)
  const call: TextCall = {
    library: libraryOf(client),
    node,
    client: path,
    answer: answerOf(name, client),
    ...argument,
    flavour: flavourOf(client),
  }
  const { variants, complete } = explore((decider) => {
    const { text, call: sql } = textOf(call, scope, decider)
    return { text, queries: isReadable(text, client) ? queriesOf(text, sql, scope) : null }
  })
  const readable = queriesIn(
    variants.flatMap(({ value: { text, queries } }) => (queries === null ? [] : [{ text, queries }])),
  )
  const unread = variants.find(({ value }) => value.queries === null)
  if (client === 'undecided') {
    const certain = readable.some((query) => query.kind === 'query')
    if (certain || variants.every(({ value: { text } }) => isBuiltSql(text))) return readable
    const hidden = variants.find(({ value: { text } }) => isUnseen(text) && !isForwarded(node, text))
    if (hidden === undefined || !isMade(argument.text) || !runsText(callee, scope)) return null
    return [unseen(node, hidden.value.text, client, scope)]
  }
  if (unread !== undefined && variants.every(({ value }) => value.queries === null)) {
    const { text } = unread.value
    return isUnseen(text) && !isForwarded(node, text) ? [unseen(node, text, client, scope)] : null
  }
  return complete ? readable : [...readable, incomplete(node, client)]
}

/** May the expression be text that a function or another module made? */
const isMade = (text: TSESTree.Node): boolean =>
  /^(Identifier|MemberExpression|CallExpression|AwaitExpression)$/.test(unwrap(text).type)

/** A receiver that runs SQL in sight elsewhere in the file is a client, and runs it here too. */
const runsText = (callee: TSESTree.Node, scope: ExtractionScope): boolean =>
  isKnownClient(callee, scope, (call) => {
    const [first] = call.arguments
    if (first === undefined || !mayBeSql(first)) return false
    if (!skeleton.test(scope.sourceCode.getText(unwrap(first)).slice(1))) return false
    const found = [extract(call, scope) ?? []].flat()
    return found.some(({ kind }) => kind === 'query')
  })

const libraryOf = (client: Client): Library => (client === 'pg' || client === 'undecided' ? 'pg' : 'sql')

const skeleton =
  /^\s*(?:select\b[^]*\bfrom\b|insert\s+into\b|update\b[^]*\bset\b|delete\s+from\b|with\b[^]*\bas\s*\()/i

/** A statement by its words, which is put together at run time: whoever gets it, it is no other text. */
const isBuiltSql = ({ strings, holes }: SqlText): boolean =>
  holes.length > 0 && skeleton.test(strings.join(' x '))

/** Statements that touch no rows (BEGIN, SET, DDL) need no parser; text that is one big hole cannot be read. */
function isReadable(text: SqlText, client: Client): boolean {
  const [start] = text.strings
  if (beginsAsQuery(start!)) return true
  return client !== 'undecided' && text.holes.length > 0 && start!.trim() === '' && !isUnseen(text)
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

function unseen(node: TSESTree.Node, text: SqlText, client: Client, scope: ExtractionScope): Opaque {
  const source = scope.sourceCode.getText(text.holes[0]!.node)
  const shown = source.length > 60 ? `${source.slice(0, 57)}...` : source
  return {
    kind: 'opaque',
    library: libraryOf(client),
    node,
    reason: `its SQL text comes from \`${shown}\`, which is not in sight`,
    interpolations: [],
  }
}

function incomplete(node: TSESTree.Node, client: Client): Opaque {
  return {
    kind: 'opaque',
    library: libraryOf(client),
    node,
    reason: 'its SQL text has more variants than can be looked at',
    interpolations: [],
  }
}
