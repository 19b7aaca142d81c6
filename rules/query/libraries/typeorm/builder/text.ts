import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../../../../source/binding.ts'
import { returnsOf, unwrap } from '../../../../source/children.ts'
import { parseTemplate, type ParsedTemplate } from '../../../../sql/template.ts'
import type { Block, OccurrenceId, Operand, SelectBlock, Span } from '../../../../sql/statement.ts'
import { holdsTest } from '../../../decider.ts'
import { graft } from '../../../graft.ts'
import { bindColumn, bindItemColumn, itemName, type Naming } from '../../../naming.ts'
import { sqlTextOf, type SqlText } from '../../../sql-text.ts'
import { compose, type TextPart } from '../../../text.ts'
import { isTextual } from '../../../textual.ts'
import { joinColumnOf } from '../entity.ts'
import { chainOf, functionOf, type Chain } from './chain.ts'
import type { Conversion, Level } from './conversion.ts'
import { aliasOf } from './root.ts'

type Parsed = Extract<ParsedTemplate, { kind: 'parsed' }>

/** A piece of SQL text with what its `:names` and sub-queries are. */
interface Fragment {
  readonly text: SqlText
  readonly names: readonly string[]
  readonly subqueries: readonly Block[]
}

/** Functions that make a sub-query of what other functions make; a longer chain is not followed. */
const depthLimit = 3

/** Stands in the text for a sub-query that another builder makes. */
const placeholder = (index: number): string => `watertight subquery ${index}`

/** Reads text that is put into a statement: `around` makes a SELECT of it. Null: it could not be read. */
export function readText(
  node: TSESTree.Node,
  around: (names: string) => readonly [before: string, after: string],
  level: Level,
  conversion: Conversion,
): { readonly block: SelectBlock; readonly plain: string } | null {
  const fragment = fragmentOf(node, level, conversion)
  const [before, after] = around(fromList(level.naming, fragment.subqueries.length))
  const strings = [...fragment.text.strings]
  strings[0] = `${before}${strings[0]}`
  strings[strings.length - 1] += `\n${after}`
  const parsed = parseTemplate(strings)
  if (parsed.kind === 'error') {
    pasteAll(fragment.text, conversion)
    return null
  }
  const [only] = parsed.statements
  pasted(parsed, fragment.text, conversion)
  if (parsed.statements.length !== 1 || only?.statement?.block.kind !== 'select') return null
  const { block, parameters } = only.statement
  const operandOf = (index: number): Operand =>
    operandNamed(parameters[index]!.name, parsed, fragment, node, conversion)
  return {
    block: grafted(block, operandOf, fragment, node, level, conversion),
    plain: fragment.text.strings.join(' '),
  }
}

function fragmentOf(node: TSESTree.Node, level: Level, conversion: Conversion): Fragment {
  const names: string[] = []
  const subqueries: Block[] = []
  const parts = textParts(node, conversion).map((part): TextPart => {
    if (part.kind === 'text') return { ...part, text: rewritten(part.text, level, names, conversion) }
    const alias = aliasAt(part.node, level, conversion)
    const text = (value: string): TextPart => ({ kind: 'text', text: value, node: part.node, offset: null })
    if (alias !== null) return text(alias)
    const chain = queryTextOf(part.node, conversion)
    if (chain === null) return part
    subqueries.push(conversion.blockOf(chain, level))
    return text(`(SELECT 1 FROM "${placeholder(subqueries.length - 1)}")`)
  })
  return { text: aliasesJoined(sqlTextOf(parts), level, names, conversion), names, subqueries }
}

/** `${query.alias}.tenantId`: alias and column become one name only after the pieces are put together. */
function aliasesJoined(text: SqlText, level: Level, names: string[], conversion: Conversion): SqlText {
  return { ...text, strings: text.strings.map((one) => rewritten(one, level, names, conversion)) }
}

/** The text of an expression; a helper that only rewrites the quotes of its one text counts as that text. */
export function textParts(given: TSESTree.Node, conversion: Conversion): readonly TextPart[] {
  const { scope } = conversion.draft
  return compose(given, scope, conversion.decider).flatMap((part): readonly TextPart[] => {
    if (part.kind === 'text') return [part]
    const choice = choiceOf(part.node, conversion)
    if (choice !== null) {
      const holds = holdsTest(choice.test, scope, conversion.decider)
      return textParts(holds ? choice.consequent : choice.alternate, conversion)
    }
    const argument = rewrittenText(part.node, conversion)
    return argument === null ? [part] : textParts(argument, conversion)
  })
}

/** `postgres ? 'a = b' : quoted('c = d')`: one of several texts, of which each makes a statement of its own. */
function choiceOf(given: TSESTree.Node, conversion: Conversion): TSESTree.ConditionalExpression | null {
  const node = unwrap(conversion.draft.scope.resolve(unwrap(given)))
  if (node.type !== 'ConditionalExpression') return null
  return [node.consequent, node.alternate].every((one) => isText(one, conversion)) ? node : null
}

const isText = (node: TSESTree.Node, conversion: Conversion): boolean =>
  isTextual(node, conversion.draft.scope) ||
  rewrittenText(node, conversion) !== null ||
  choiceOf(node, conversion) !== null

/** The text that `quoted('…')` is made of: a call of a plain function with one text, and nothing else. */
function rewrittenText(given: TSESTree.Node, { draft: { scope } }: Conversion): TSESTree.Node | null {
  const node = unwrap(scope.resolve(unwrap(given)))
  if (node.type === 'TSAsExpression') return node.expression
  if (node.type !== 'CallExpression' || node.arguments.length !== 1) return null
  const [only] = node.arguments
  const named = unwrap(node.callee).type === 'Identifier' || isOfThis(unwrap(node.callee))
  return named && only!.type !== 'SpreadElement' && isTextual(only!, scope) ? only! : null
}

const isOfThis = (callee: TSESTree.Node): boolean =>
  callee.type === 'MemberExpression' && unwrap(callee.object).type === 'ThisExpression'

/** `query.alias`. */
function aliasAt(given: TSESTree.Node, level: Level, { draft: { scope } }: Conversion): string | null {
  const node = unwrap(given)
  if (node.type !== 'MemberExpression' || memberName(node) !== 'alias') return null
  const chain = chainOf(node.object, node, scope)
  return chain === null ? level.alias : aliasOf(chain, scope)
}

/** `qb.subQuery()…getQuery()`, also where a function of the file makes it. */
function queryTextOf(given: TSESTree.Node, conversion: Conversion, depth = 0): Chain | null {
  const { scope } = conversion.draft
  const node = unwrap(scope.resolve(unwrap(given)))
  if (node.type !== 'CallExpression' || depth > depthLimit) return null
  const callee = unwrap(node.callee)
  if (callee.type === 'MemberExpression' && /^get(Query|Sql)$/.test(memberName(callee) ?? '')) {
    return chainOf(callee.object, node, scope)
  }
  const target = functionOf(callee, scope)
  const [returned, ...others] = target === null ? [] : returnsOf(target)
  return returned === undefined || others.length > 0 ? null : queryTextOf(returned, conversion, depth + 1)
}

const literals = /('(?:[^']|'')*')/

/** Parameters as `$n`, and names as PostgreSQL keeps them. */
function rewritten(text: string, level: Level, names: string[], { draft }: Conversion): string {
  return text
    .split(literals)
    .map((piece, index) =>
      index % 2 === 1 ? piece : named(numbered(piece.replaceAll('`', '"'), names), level, draft),
    )
    .join('')
}

function numbered(text: string, names: string[]): string {
  const numberOf = (name: string): string => {
    if (!names.includes(name)) names.push(name)
    return `$${names.indexOf(name) + 1}`
  }
  return text
    .replace(/\bnot\s+in\s*\(\s*:\.\.\.([\w.]+)\s*\)/gi, (_, name: string) => `<> ALL (${numberOf(name)})`)
    .replace(/\bin\s*\(\s*:\.\.\.([\w.]+)\s*\)/gi, (_, name: string) => `= ANY (${numberOf(name)})`)
    .replace(/(?<![:\w"])(?::\.\.\.|:)([A-Za-z_]\w*)/g, (_, name: string) => numberOf(name))
}

function named(text: string, level: Level, draft: Conversion['draft']): string {
  let found = text
  for (let naming: Naming | null = level.naming; naming !== null; naming = naming.outer) {
    for (const alias of naming.items.map(itemName)) {
      if (alias === null) continue
      const escaped = alias.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
      const path = new RegExp(`(?<![\\w".$])"?${escaped}"?\\."?([A-Za-z_][\\w.]*)"?(?![\\w"(])`, 'g')
      found = found.replace(
        path,
        (_, property: string) => `"${alias}"."${columnFor(alias, property, level, draft)}"`,
      )
    }
  }
  // Names in camel case that nothing quotes would be folded, though TypeORM's users mean the property.
  return found.replace(/(?<![\w".$])([a-z]+[a-z0-9]*[A-Z]\w*)(?![\w"(.])/g, '"$1"')
}

/** `a.tenant` and `a.tenant.id` are the column of the reference. */
function columnFor(alias: string, path: string, level: Level, draft: Conversion['draft']): string {
  const [property, ...more] = path.split('.')
  const entity = level.entities.get(alias)
  const joined = entity === undefined ? null : joinColumnOf(entity, property!, draft)
  return joined !== null && more.length < 2 ? joined : path
}

function fromList(naming: Naming, subqueries: number): string {
  const names = new Set<string>()
  for (let at: Naming | null = naming; at !== null; at = at.outer) {
    for (const item of at.items) names.add(itemName(item) ?? '')
  }
  const list = [...names].filter((name) => name !== '').map((name) => `"${name.replaceAll('"', '""')}"`)
  return list.length === 0 && subqueries >= 0 ? '' : ` FROM ${list.join(', ')}`
}

function operandNamed(
  name: string,
  parsed: Parsed,
  fragment: Fragment,
  node: TSESTree.Node,
  { draft, parameters }: Conversion,
): Operand {
  const [hole] = parsed.holesOf(name)
  if (hole !== undefined) return draft.value(fragment.text.holes[hole]!.node)
  const parameter = fragment.names[Number(name.slice(1)) - 1] ?? name
  const given = parameters.get(parameter)
  if (given !== undefined) return draft.value(given.value)
  return draft.parameter(parameter, { kind: 'unknown', path: `:${parameter}`, nullable: false }, node)
}

/** Values pasted into the text. */
function pasted(parsed: Parsed, text: SqlText, { draft }: Conversion): void {
  text.holes.forEach((hole, index) => {
    const { position } = parsed.holes[index]!
    if (position === 'placeholder') return
    draft.interpolate({ node: hole.node, position, provenance: draft.scope.provenanceOf(hole.node) })
  })
}

function pasteAll(text: SqlText, { draft }: Conversion): void {
  for (const { node } of text.holes) {
    draft.interpolate({ node, position: 'fragment', provenance: draft.scope.provenanceOf(node) })
  }
}

function grafted(
  block: SelectBlock,
  operandOf: (index: number) => Operand,
  fragment: Fragment,
  node: TSESTree.Node,
  level: Level,
  { draft }: Conversion,
): SelectBlock {
  const { tenancy } = draft.scope
  const items = new Map<OccurrenceId, Naming['items'][number]>()
  const visible = visibleItems(level.naming)
  for (const item of block.from) {
    const known = item.kind === 'relation' ? visible.get(item.relation.name) : undefined
    if (item.kind === 'relation' && known !== undefined) items.set(item.id, known)
  }
  const numbers = new Map<OccurrenceId, OccurrenceId>()
  const made = new Map<number, Operand>()
  const span: Span = draft.spanOf(node)
  const own: SelectBlock = graft(
    { ...block, from: [] },
    {
      occurrence: (id) => {
        if (!numbers.has(id)) numbers.set(id, draft.nextOccurrence())
        return numbers.get(id)!
      },
      parameter: (index) => {
        if (!made.has(index)) made.set(index, operandOf(index))
        return made.get(index)!
      },
      column: (occurrence, column) => {
        if (occurrence === null) return bindColumn(column, level.naming, tenancy, span)
        const item = items.get(occurrence)
        return item === undefined ? null : bindItemColumn(item, column, tenancy, span)
      },
      span: (old) => (old === null ? null : span),
    },
  )
  return withSubqueries(own, fragment.subqueries)
}

function visibleItems(naming: Naming): ReadonlyMap<string, Naming['items'][number]> {
  const names = new Map<string, Naming['items'][number]>()
  for (let at: Naming | null = naming; at !== null; at = at.outer) {
    for (const item of at.items) {
      const name = itemName(item)
      if (name !== null && !names.has(name)) names.set(name, item)
    }
  }
  return names
}

/** Puts the blocks of other builders where their placeholders stand. */
function withSubqueries<T>(value: T, subqueries: readonly Block[]): T {
  if (subqueries.length === 0 || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((part: unknown) => withSubqueries(part, subqueries)) as T
  const index = placeholderIn(value)
  if (index !== null) return subqueries[index] as T
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, withSubqueries(part as unknown, subqueries)]),
  ) as T
}

function placeholderIn(value: object): number | null {
  const { kind, from } = value as Partial<SelectBlock>
  const [item] = kind === 'select' ? (from ?? []) : []
  const name = item?.kind === 'relation' ? item.relation.name : ''
  const number = /^watertight subquery (\d+)$/.exec(name)?.[1]
  return number === undefined ? null : Number(number)
}
