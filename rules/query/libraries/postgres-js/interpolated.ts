import type { TSESTree } from '@typescript-eslint/utils'
import { unwrap } from '../../../source/children.ts'
import type { ExtractionScope, ObjectView } from '../../library.ts'
import { mapped } from '../../rows.ts'
import { returnsOf } from '../../../source/children.ts'
import { holePart, quotedName, separated, textPart, textSoFar } from '../../tagged.ts'
import type { TextPart } from '../../text.ts'

/** What `sql(first, …columns)` writes, which depends on the words before it. */
export function helperText(
  node: TSESTree.CallExpression,
  before: readonly TextPart[],
  scope: ExtractionScope,
): TextPart[] {
  const [first, ...rest] = node.arguments
  if (first === undefined) return [holePart(node)]
  const text = textSoFar(before)
  const columns = rest.flatMap((one) => stringsOf(one, scope) ?? [])
  const sure = columns.length === rest.length || rest.length === 1
  if (/\bset\s*$|\bset\b(?!.*\bwhere\b)[\s\S]*,\s*$/i.test(text))
    return assignments(first, sure ? columns : [], node, scope)
  if (/\binsert\s+into\s+[^()]*$/i.test(text) && !/\bvalues\s*$/i.test(text))
    return rows(first, columns, node, scope)
  if (/\b(in|values)\s*\(?\s*$/i.test(text)) return list(first, text, node, scope)
  const names = stringsOf(first, scope)
  return names === null ? [holePart(node)] : [textPart(names.map(quotedName).join(', '), node)]
}

function stringsOf(node: TSESTree.Node, scope: ExtractionScope): readonly string[] | null {
  const value = scope.constantOf(node)?.value
  if (typeof value === 'string') return [value]
  const array = scope.arrayOf(node)
  if (array === null || array.open.length > 0) return null
  const all = array.elements.map((one) => scope.constantOf(one.value)?.value)
  return all.every((one) => typeof one === 'string') ? all : null
}

/** `set a = $1, b = $2`. */
function assignments(
  first: TSESTree.Node,
  columns: readonly string[],
  node: TSESTree.Node,
  scope: ExtractionScope,
): TextPart[] {
  const view = scope.objectOf(first)
  const names = columns.length > 0 ? columns : seenNames(view)
  if (names === null) return [holePart(first)]
  const one = (name: string): TextPart[] => [
    textPart(`${quotedName(name)} = `, node),
    holePart(valueOf(view, name, first)),
  ]
  return separated(names.map(one), ', ', node)
}

/** `(a, b) values ($1, $2)`; every row has the same columns. */
function rows(
  first: TSESTree.Node,
  columns: readonly string[],
  node: TSESTree.Node,
  scope: ExtractionScope,
): TextPart[] {
  const given = rowsOf(first, scope)
  const views = given.map((one) => scope.objectOf(one))
  const names = columns.length > 0 ? columns : seenNames(views[0] ?? null)
  if (names === null) return [textPart(' values (', node), holePart(first), textPart(')', node)]
  const row = (of: TSESTree.Node, index: number): TextPart[] => [
    textPart('(', node),
    ...separated(
      names.map((name) => [holePart(valueOf(views[index] ?? null, name, of))]),
      ', ',
      node,
    ),
    textPart(')', node),
  ]
  return [
    textPart(` (${names.map(quotedName).join(', ')}) values `, node),
    ...separated(given.map(row), ', ', node),
  ]
}

function rowsOf(first: TSESTree.Node, scope: ExtractionScope): readonly TSESTree.Node[] {
  const node = unwrap(scope.resolve(first))
  const each = mapped(node)
  if (each !== null) return returnsOf(each)
  const array = node.type === 'ObjectExpression' ? null : scope.arrayOf(node)
  return array === null || array.elements.length === 0 ? [first] : array.elements.map(({ value }) => value)
}

/** The columns of an object all of whose properties are in sight. */
function seenNames(view: ObjectView | null): readonly string[] | null {
  if (view === null || view.open.length > 0 || view.properties.some(({ optional }) => optional !== null))
    return null
  return [...new Set(view.properties.map(({ name }) => name))]
}

const valueOf = (view: ObjectView | null, name: string, whole: TSESTree.Node): TSESTree.Node =>
  view?.properties.findLast((one) => one.name === name)?.value ?? whole

/** `in ($1, $2)`; a list whose length is not known is compared as an array. */
function list(first: TSESTree.Node, text: string, node: TSESTree.Node, scope: ExtractionScope): TextPart[] {
  const array = scope.arrayOf(first)
  const [open, close] = /\(\s*$/.test(text) ? ['', ''] : ['(', ')']
  if (
    array !== null &&
    array.open.length === 0 &&
    array.elements.every(({ optional }) => optional === null)
  ) {
    const values = array.elements.map(({ value }) => [holePart(value)])
    return [textPart(open, node), ...separated(values, ', ', node), textPart(close, node)]
  }
  return [textPart(`${open}select unnest(`, node), holePart(first), textPart(`)${close}`, node)]
}
