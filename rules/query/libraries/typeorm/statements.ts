import type { TSESTree } from '@typescript-eslint/utils'
import type { Block, Condition, Output } from '../../../sql/statement.ts'
import { startDraft, type Draft } from '../../draft.ts'
import type { ExtractionScope } from '../../library.ts'
import type { QueryOrOpaque } from '../../query.ts'
import { stored, type Entity } from '../prisma/entity.ts'
import { membership } from '../prisma/where.ts'
import type { EntityCall } from './call.ts'
import { mention } from './entity.ts'
import { findOptions, type FindOptions } from './find-options.ts'
import type { Operation } from './methods.ts'
import { startJoined } from './relations.ts'
import { savedBlocks } from './saved.ts'
import { whereOf } from './where.ts'
import { writeBlock } from './writes.ts'

/** The statements that one call may send. A write of an entity that was made out of sight is opaque. */
export function queriesOf(call: EntityCall, scope: ExtractionScope): readonly QueryOrOpaque[] {
  const makers = call.method.operation.kind === 'save' ? savedBlocks(call, scope) : null
  if (makers !== null) return makers.map((make) => finished(call, make, scope))
  return [finished(call, (draft) => blockOf(call, draft), scope)]
}

function finished(
  call: EntityCall,
  make: (draft: Draft) => Block | null,
  scope: ExtractionScope,
): QueryOrOpaque {
  const draft = startDraft(scope)
  const block = make(draft)
  if (block === null) {
    const reason = 'what it writes was made out of sight'
    return { kind: 'opaque', library: 'typeorm', node: call.node, reason, interpolations: [] }
  }
  return draft.finish('typeorm', call.node, call.client, block, call.method.answer)
}

/** All columns of the entity itself: what is joined hangs on it as properties. */
export const rowOutput = ({ occurrence }: Entity): Output => ({
  name: null,
  operand: null,
  of: occurrence.id,
})

function blockOf(call: EntityCall, draft: Draft): Block | null {
  const { operation } = call.method
  if (operation.kind === 'read') return readBlock(call, operation, draft)
  if (operation.kind === 'tree') return treeBlock(call, operation.whole, draft)
  return writeBlock(call, draft)
}

export function selectBlock(
  entity: Entity,
  { where, joined, limited }: FindOptions,
  counts: boolean,
  span: Block['span'],
): Block {
  return {
    kind: 'select',
    from: [joined.from],
    where,
    having: null,
    outputs: counts ? [] : [rowOutput(entity)],
    merges: counts,
    limited,
    others: [],
    ctes: [],
    span,
  }
}

function readBlock(
  call: EntityCall,
  { argument, counts }: Extract<Operation, { kind: 'read' }>,
  draft: Draft,
): Block {
  const entity = mention(call.target, null, 'read', call.node.callee, draft)
  const joined = startJoined(entity)
  const by = argument === 'column by' ? call.arguments[1] : call.arguments[0]
  const found: FindOptions =
    argument === 'options'
      ? findOptions(call.arguments, entity, joined, draft)
      : { where: byArgument(by, argument, call, entity, draft), joined, limited: false }
  const limited = found.limited || call.method.answer.shape === 'row'
  return selectBlock(entity, { ...found, limited }, counts, draft.spanOf(call.node))
}

function byArgument(
  given: TSESTree.Node | undefined,
  argument: 'by' | 'keys' | 'column by',
  { method }: EntityCall,
  entity: Entity,
  draft: Draft,
): Condition | null {
  if (given === undefined) return null
  if (argument !== 'keys') return whereOf(given, entity, draft)
  const key = stored(entity, entity.relation?.key[0] ?? 'id', given, draft)
  if (method.answer.shape === 'rows') return membership(key, given, given, draft)
  return { kind: 'compare', operator: '=', left: key, right: draft.value(given), span: draft.spanOf(given) }
}

/** A tree is read by its paths; only where it is read as a whole is it certain which rows come. */
function treeBlock({ node, target, arguments: given }: EntityCall, whole: boolean, draft: Draft): Block {
  const entity = mention(target, null, 'read', node.callee, draft)
  const span = draft.spanOf(node)
  const [row] = given
  const where: Condition | null =
    whole || row === undefined
      ? null
      : { kind: 'opaque', reason: 'rows of a tree around a row', mentions: [draft.member(row, 'id')], span }
  return selectBlock(entity, { where, joined: startJoined(entity), limited: false }, false, span)
}
