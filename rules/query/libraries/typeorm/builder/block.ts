import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction } from '../../../../source/binding.ts'
import { unwrap } from '../../../../source/children.ts'
import type {
  Access,
  Block,
  Conflict,
  Derived,
  FromItem,
  Occurrence,
  Operand,
  Output,
  Rowset,
} from '../../../../sql/statement.ts'
import { holdsSubquery, widensNothing } from '../../../draft.ts'
import type { Entity } from '../../prisma/entity.ts'
import { rowsOf, type RowData } from '../data.ts'
import { mention } from '../entity.ts'
import { columnsOf, deleted, insertedRows, updated } from '../writes.ts'
import type { Chain } from './chain.ts'
import { filterOf } from './clauses.ts'
import type { Conversion, Level } from './conversion.ts'
import { builtIn, joinedBy, type Source } from './from.ts'
import { rootOf, type Root } from './root.ts'
import type { Step } from './steps.ts'
import { readText, textParts } from './text.ts'

/** The statement that a builder has become. `counted`: only the number of its rows is asked for. */
export function builderBlock(
  chain: Chain,
  outer: Level | null,
  conversion: Conversion,
  counted = false,
): Block {
  const { draft } = conversion
  const { steps } = chain
  const root = rootOf(chain, draft.scope)
  const last = (name: RegExp): Step | undefined => steps.findLast(({ method }) => name.test(method))
  const write = last(/^(update|delete|softDelete|restore|insert)$/)
  if (write === undefined || root === null || root.target === null) {
    return select(chain, root, outer, conversion, counted)
  }
  const access: Access =
    write.method === 'insert' ? 'insert' : write.method === 'delete' ? 'delete' : 'update'
  const main = mention(
    root.target,
    root.alias === root.target.name ? null : root.alias,
    access,
    root.node,
    draft,
  )
  if (access === 'insert') return insert(main, steps, chain.root, conversion)
  const level = levelOf(main.occurrence, main, root.alias, outer)
  const where = filterOf(steps, 'where', level, conversion)
  if (access === 'delete') return deleted(main, where, chain.root, draft)
  const values = last(/^set$/)?.call.arguments[0] ?? write.call.arguments.at(-1)
  const rows = write.method === 'update' && values !== undefined ? rowsOf(values, main, draft) : []
  return updated(main, rows, where, chain.root, draft)
}

function levelOf(
  item: Occurrence | Derived | Rowset,
  main: Entity | null,
  alias: string,
  outer: Level | null,
): Level {
  return {
    naming: { items: [item], outer: outer?.naming ?? null },
    entities: new Map([...(outer?.entities ?? []), ...(main === null ? [] : ([[alias, main]] as const))]),
    alias,
    main,
  }
}

function startOf(root: Root | null, chain: Chain, outer: Level | null, conversion: Conversion): Source {
  const { draft } = conversion
  const span = draft.spanOf(chain.root)
  if (root?.target != null) {
    const main = mention(root.target, root.alias, 'read', root.node, draft)
    return { from: [main.occurrence], level: levelOf(main.occurrence, main, root.alias, outer) }
  }
  const from = chain.steps.find(({ method }) => method === 'from')
  const [callback, name] = from?.call.arguments ?? []
  const alias = name === undefined ? null : String(draft.scope.constantOf(name)?.value ?? '')
  const inner = callback === undefined ? null : builtIn(unwrap(callback), conversion)
  const item: FromItem & { kind: 'derived' | 'rowset' } =
    inner === null
      ? { kind: 'rowset', alias, reason: 'the entity is chosen at run time', span }
      : {
          kind: 'derived',
          id: draft.nextOccurrence(),
          alias,
          block: conversion.blockOf(inner, null),
          lateral: false,
          span,
        }
  return { from: [item], level: levelOf(item, null, alias ?? root?.alias ?? '', outer) }
}

function select(
  chain: Chain,
  root: Root | null,
  outer: Level | null,
  conversion: Conversion,
  counted: boolean,
): Block {
  const { steps } = chain
  const { from, level } = joinedBy(steps, startOf(root, chain, outer, conversion), conversion)
  const has = (name: RegExp): boolean => steps.some(({ method }) => name.test(method))
  const named = outer !== null || has(/^getRaw(One|Many)$/) ? outputsOf(steps, level, conversion) : null
  return {
    kind: 'select',
    from,
    where: filterOf(steps, 'where', level, conversion),
    having: filterOf(steps, 'having', level, conversion),
    outputs: counted ? [] : (named ?? rowOf(level)),
    merges: counted || has(/^(groupBy|addGroupBy|distinct|distinctOn)$/),
    limited: has(/^(take|skip|limit|offset|getOne|getOneOrFail|getRawOne)$/),
    others: selected(steps, level, conversion),
    ctes: [],
    span: conversion.draft.spanOf(chain.root),
  }
}

const rowOf = ({ main }: Level): readonly Output[] =>
  main === null ? [] : [{ name: null, operand: null, of: main.occurrence.id }]

/** The columns that a sub-query or raw rows consist of; null where they are not plain columns. */
function outputsOf(steps: readonly Step[], level: Level, conversion: Conversion): readonly Output[] | null {
  const outputs: Output[] = []
  for (const { method, call } of steps) {
    if (!/^(select|addSelect)$/.test(method)) continue
    const [first, name] = call.arguments
    const given = first === undefined ? undefined : conversion.draft.scope.constantOf(first)?.value
    if (typeof given !== 'string' || first === undefined) return null
    const read = readText(first, (names) => ['SELECT ', names], level, conversion)
    const [only] = read?.block.outputs ?? []
    if (only === undefined) return null
    const alias = name === undefined ? null : conversion.draft.scope.constantOf(name)?.value
    outputs.push({ ...only, name: typeof alias === 'string' ? alias : only.name })
  }
  return outputs.length === 0 ? null : outputs
}

/** Sub-queries among what is selected, and texts that the program puts together. */
function selected(steps: readonly Step[], level: Level, conversion: Conversion): readonly Operand[] {
  return steps.flatMap(({ method, call }): readonly Operand[] => {
    const [first] = call.arguments
    if (first === undefined) return []
    if (/^(add)?(OrderBy|GroupBy)$|^(orderBy|groupBy)$/.test(method)) sorted(first, conversion)
    if (!/^(select|addSelect)$/.test(method)) return []
    return selectedIn(unwrap(first), level, conversion)
  })
}

function selectedIn(node: TSESTree.Node, level: Level, conversion: Conversion): readonly Operand[] {
  const { draft } = conversion
  if (isFunction(node)) {
    const chain = builtIn(node, conversion)
    if (chain === null) return []
    return [{ kind: 'subquery', block: conversion.blockOf(chain, level), span: draft.spanOf(node) }]
  }
  const constant = draft.scope.constantOf(node)?.value
  const isText =
    node.type === 'TemplateLiteral' || (typeof constant === 'string' && /\bselect\b/i.test(constant))
  if (!isText) return []
  const text = textParts(node, conversion).map((part) => (part.kind === 'text' ? part.text : ''))
  const listed = holdsSubquery(text.join(' '))
    ? conversion
    : { ...conversion, draft: widensNothing(conversion.draft) }
  const read = readText(node, (names) => ['SELECT (', `)${names}`], level, listed)
  return read?.block.outputs.flatMap(({ operand }) => (operand === null ? [] : [operand])) ?? []
}

/** A sort key that the program computes is pasted into the text unless it names a property. */
function sorted(given: TSESTree.Node, { draft }: Conversion): void {
  const { scope } = draft
  const node = unwrap(given)
  if (scope.constantOf(node) !== null || node.type === 'ObjectExpression') return
  const pasted = node.type === 'TemplateLiteral' ? node.expressions : [node]
  for (const one of pasted) {
    if (scope.constantOf(one) !== null || /\.alias$/.test(scope.pathOf(one))) continue
    draft.interpolate({
      node: one,
      position: 'identifier',
      provenance: scope.provenanceOf(one),
      widens: false,
    })
  }
}

function insert(main: Entity, steps: readonly Step[], node: TSESTree.Node, conversion: Conversion): Block {
  const { draft } = conversion
  const values = steps.find(({ method }) => method === 'values')?.call.arguments[0]
  const rows = values === undefined ? [] : rowsOf(values, main, draft)
  return insertedRows(main, rows, conflictOf(steps, main, rows, conversion), node, draft)
}

/** `orIgnore()`, `orUpdate(columns, conflictColumns)`, `orUpdate({ conflict_target, overwrite })`. */
function conflictOf(
  steps: readonly Step[],
  main: Entity,
  rows: readonly RowData[],
  { draft }: Conversion,
): Conflict | null {
  const step = steps.find(({ method }) => /^(orIgnore|orUpdate|onConflict)$/.test(method))
  if (step === undefined) return null
  const [overwrite, target] = step.call.arguments
  const options = overwrite === undefined ? null : draft.scope.objectOf(unwrap(overwrite))
  const named = options?.properties.find(({ name }) => /^(conflict_target|conflictTarget)$/.test(name))?.value
  const paths = named ?? (step.method === 'orUpdate' ? target : undefined)
  return {
    target: paths === undefined ? null : columnsOf(paths, main, draft),
    constraint: null,
    action: step.method === 'orUpdate' ? 'update' : 'nothing',
    set: step.method === 'orUpdate' ? rows.flatMap(({ assignments }) => assignments) : [],
    where: null,
    span: draft.spanOf(step.call),
  }
}
