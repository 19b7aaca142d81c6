import type { TSESTree } from '@typescript-eslint/utils'
import { unwrap } from '../../../source/children.ts'
import type { Access, Block, Condition, Operand } from '../../../sql/statement.ts'
import { bodyOf } from '../../authority/body.ts'
import { type Draft, startDraft } from '../../draft.ts'
import type { ExtractionScope, PropertyView } from '../../library.ts'
import { stored, type Entity } from '../prisma/entity.ts'
import type { EntityCall } from './call.ts'
import { rowsOf, type RowData } from './data.ts'
import { mention } from './entity.ts'
import { byEntity, insertedRows, isRead, updated } from './writes.ts'

/** Makes the block of one of the statements that a call may send. */
type BlockMaker = (draft: Draft) => Block

/** Where the key of an object comes from that is saved, and whether it is always there. */
interface Key {
  readonly node: TSESTree.Node
  readonly operand: (draft: Draft) => Operand
  readonly certain: boolean
}

/**
 * `save` inserts an object without a key and updates by key one that has it, so an object that may have one makes both statements. Rows
 * that were read before keep the key that they were read with. Null: nothing is known of what is saved.
 */
export function savedBlocks(call: EntityCall, scope: ExtractionScope): readonly BlockMaker[] | null {
  const [given] = call.arguments
  if (given === undefined) return null
  const own = (access: Access, draft: Draft): Entity =>
    mention(call.target, null, access, call.node.callee, draft)
  if (isRead(given, scope)) {
    return [
      (draft) => {
        const entity = own('update', draft)
        return updated(entity, [], byEntity(given, entity, draft), call.node, draft)
      },
    ]
  }
  const rows = (access: Access, draft: Draft): readonly RowData[] => rowsOf(given, own(access, draft), draft)
  const found = rows('insert', startDraft(scope))
  const keys = found.map((row) => keyIn(row, call, scope))
  if (found.every(({ view }, index) => view === null && keys[index] === null)) return null
  const insert: BlockMaker = (draft) => {
    const all = rows('insert', draft).filter((_, index) => keys[index]?.certain !== true)
    return insertedRows(own('insert', draft), all, null, call.node, draft)
  }
  const updates = keys.flatMap((key, index): readonly BlockMaker[] => {
    if (key === null) return []
    return [
      (draft) => updatedByKey(rows('update', draft)[index]!, key, own('update', draft), call.node, draft),
    ]
  })
  return keys.every((key) => key?.certain === true) ? updates : [insert, ...updates]
}

function updatedByKey(row: RowData, key: Key, entity: Entity, node: TSESTree.Node, draft: Draft): Block {
  const column = keyColumn(entity.relation)
  const set = { ...row, assignments: row.assignments.filter((one) => one.column !== column) }
  const where: Condition = {
    kind: 'compare',
    operator: '=',
    left: stored(entity, column, key.node, draft),
    right: key.operand(draft),
    span: draft.spanOf(key.node),
  }
  return updated(entity, [set], where, node, draft)
}

const keyColumn = (relation: Entity['relation']): string => relation?.key[0] ?? 'id'

/** The key that an object brings: its own, or one that an object of the request may bring, which is spread after it. */
function keyIn({ view, node }: RowData, call: EntityCall, scope: ExtractionScope): Key | null {
  const column = keyColumn(call.target.relation)
  const isKey = ({ name }: PropertyView): boolean => scope.tenancy.columnOf(call.target.name, name) === column
  const own = view?.properties.findLast(isKey)
  const names = new Set([column, ...(own === undefined ? [] : [own.name])])
  const parts = view === null ? [unwrap(node)] : view.open.map((part) => part.node)
  const body = parts.findLast((part) => bodyOf(part, names, scope) === 'raw')
  if (body !== undefined && (own === undefined || own.node.range[0] < body.range[0])) {
    return { node: body, operand: (draft) => draft.member(body, column), certain: false }
  }
  if (own === undefined || scope.constantOf(own.value)?.value === null) return null
  const certain = own.optional === null && !scope.provenanceOf(own.value).nullable
  return { node: own.node, operand: (draft) => draft.value(own.value), certain }
}
