import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction, memberName } from '../source/binding.ts'
import { returnsOf, unwrap } from '../source/children.ts'
import type { Definition } from '../source/definition.ts'
import { originOf } from '../source/origin.ts'
import type { ExtractionScope } from './library.ts'

/** Whether what a function returns can carry SQL. `inputs`: only when one of these can. */
export type Quoting =
  | { readonly kind: 'quoted' }
  | { readonly kind: 'inputs'; readonly of: readonly TSESTree.Node[] }
  /** By its name it quotes, and its code is not in sight. */
  | { readonly kind: 'unseen' }
  | { readonly kind: 'open' }

const quoted: Quoting = { kind: 'quoted' }
const open: Quoting = { kind: 'open' }

/** What packages export to quote, by the last name of the callee. `format` is looked at closer. */
const exported: readonly (readonly [module: RegExp, names: RegExp])[] = [
  [/^pg-format$|^@scaleleap\/pg-format$/, /^(ident|literal|quoteIdent|quoteLiteral)$/],
  [/^sqlstring$|^mysql2?(\/promise)?$/, /^(escape|escapeId)$/],
  [/^pg$/, /^(escapeIdentifier|escapeLiteral)$/],
  [/^(@sequelize\/core|sequelize(-typescript)?)$/, /^(escape|quoteIdentifier)$/],
  [/^pg-promise$/, /^(name|alias|text|json|csv|date|number|buffer|array)$/],
  [/^@databases\/escape-identifier$/, /^escape\w+Identifier$/],
]

/** Names that mean nothing else, whatever client or helper has them. */
const telling =
  /^(escapeIdentifier|escapeLiteral|escapeId|quoteIdent(ifier)?|quoteLiteral|quote_ident|quote_literal)$/

/** Names that as often mean something else: HTML, dates, the text of a message. */
const ambiguous = /^(ident|literal|format|escape)$/

/** Doubles quotes, leaves out everything but the characters of names, or hands on to what quotes. */
const quotes =
  /\.replace(?:All)?\(\s*(?:\/[[(\\]*["'`][\])]*\/g|'"'|"'"|'`'|'\\'')|\b(?:escapeIdentifier|escapeLiteral|quoteIdent\w*|quote_ident)\(|\.replace(?:All)?\(\s*\/\[\^[\w\\-]+\]\+?\/gi?/

/** Quoting for a page, whose quotes are other ones. */
const forPages = /&(?:quot|amp|lt|#\d+);/
const refuses = /\/\^\[[\w\\$-]+\](?:[+*]|\{[\d,]+\})(?:\[[\w\\$-]+\][+*])?\$\/i?\.test\([^]*\bthrow\b/

/** What a call makes of its arguments, as text of SQL. */
export function quotingOf(call: TSESTree.CallExpression, scope: ExtractionScope): Quoting {
  const callee = unwrap(call.callee)
  const definition = scope.definitionOf(callee)
  const name = nameOf(callee, definition)
  if (/^replace(All)?$/.test(name) && callee.type === 'MemberExpression') {
    const replaced = scope.sourceCode.getText(call)
    return quotes.test(replaced) && !forPages.test(replaced) ? quoted : open
  }
  const module = originOf(definition)?.module ?? null
  if (module !== null) {
    if (name === 'format' || (name === 'default' && /pg-format/.test(module)))
      return formatted(call, module, scope)
    if (exported.some(([modules, names]) => modules.test(module) && names.test(name))) return quoted
    return telling.test(name) ? quoted : ambiguous.test(name) ? unknownPackage(module) : open
  }
  if (definition.kind === 'function') return inSight(definition, name, scope)
  if (telling.test(name)) return quoted
  return ambiguous.test(name) && !isBuiltIn(callee) ? { kind: 'unseen' } : open
}

/** `escape` of lodash is for HTML, `format` of `node:util` does not quote; of others nothing is known. */
const unknownPackage = (module: string): Quoting =>
  /^(lodash|he$|html|util$|node:|validator|escape-)/.test(module) ? open : { kind: 'unseen' }

/** The global `escape` is for URLs. */
const isBuiltIn = (callee: TSESTree.Node): boolean => callee.type === 'Identifier' && callee.name === 'escape'

function nameOf(callee: TSESTree.Node, definition: Definition): string {
  if (definition.kind === 'import' && callee.type === 'Identifier') return definition.name
  if (callee.type === 'Identifier') return callee.name
  return callee.type === 'MemberExpression' ? (memberName(callee) ?? '') : ''
}

const dates = /^(date-fns|dayjs|moment|luxon)/

/** `format('… %I … %L', x)` of pg-format quotes, except what stands for `%s`; `?` of sqlstring always does. */
function formatted(call: TSESTree.CallExpression, module: string, scope: ExtractionScope): Quoting {
  const [first, second] = call.arguments
  if (dates.test(module)) {
    // A date is written by its pattern, which `dayjs(x).format(pattern)` is given first.
    const pattern = module === 'date-fns' ? second : first
    return { kind: 'inputs', of: pattern === undefined || pattern.type === 'SpreadElement' ? [] : [pattern] }
  }
  const template = first === undefined ? null : (scope.constantOf(first)?.value ?? null)
  if (typeof template !== 'string') return open
  if (/^(sqlstring|mysql2?)/.test(module)) return quoted
  if (!/pg-format$/.test(module)) return unknownPackage(module)
  const raw = [...template.matchAll(/%(?:\d+\$)?([sIL%])/g)].filter((match) => match[1] !== '%')
  const values = call.arguments.slice(1)
  const pasted = values.filter((_, index) => raw[index]?.[1] === 's')
  return pasted.some((one) => one.type === 'SpreadElement') ? open : { kind: 'inputs', of: pasted }
}

/** Reads the function: does it double quotes, or refuse what is no name? */
function inSight(
  { node, module }: { readonly node: TSESTree.Node; readonly module: string },
  name: string,
  scope: ExtractionScope,
): Quoting {
  const text = scope.textOf(node, module)
  if (text === null) return telling.test(name) || ambiguous.test(name) ? { kind: 'unseen' } : open
  if ((quotes.test(text) && !forPages.test(text)) || refuses.test(text)) return quoted
  if (module !== scope.filename || !isFunction(node)) return open
  const returned = returnsOf(node)
  return returned.length === 0 ? open : { kind: 'inputs', of: returned }
}
