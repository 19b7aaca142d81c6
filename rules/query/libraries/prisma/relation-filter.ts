import type { TSESTree } from '@typescript-eslint/utils'
import type { Condition } from '../../../sql/statement.ts'
import type { Draft } from '../../draft.ts'
import type { PropertyView } from '../../library.ts'
import { conjunction, entityOf, linkOf, type Entity, type Lead } from './entity.ts'
import { absent, relationOperators, truth, whereOf } from './where.ts'

/** `project: { … }`, `tasks: { some: { … } }`: rows of the other model that are linked to this one. */
export function relationCondition(
  lead: Lead,
  property: PropertyView,
  entity: Entity,
  draft: Draft,
): Condition {
  const { value, node, name } = property
  const span = draft.spanOf(node)
  const exists = (filter: TSESTree.Node | null, negated = false): Condition => {
    const other = entityOf(lead.relation, lead.field.to, 'read', node, draft)
    const link = linkOf(entity, other, lead, node, draft)
    const inner = filter === null ? truth : whereOf(filter, other, draft)
    const kept: Condition = negated ? { kind: 'not', operand: inner } : inner
    const where = filter === null || isTrue(kept) ? link : conjunction([link, kept])
    return {
      kind: 'exists',
      block: {
        kind: 'select',
        from: [other.occurrence],
        where,
        having: null,
        outputs: [],
        merges: false,
        limited: false,
        others: [],
        ctes: [],
        span,
      },
      span,
    }
  }
  const not = (operand: Condition): Condition => ({ kind: 'not', operand })
  const constant = draft.scope.constantOf(value)
  if (constant !== null && constant.value === null) return not(exists(null))
  const view = draft.scope.objectOf(value)
  if (view === null)
    return { kind: 'opaque', reason: `the filter on ${name} could not be seen`, mentions: [], span }
  if (!view.properties.some((one) => relationOperators.test(one.name))) return exists(value)
  const conditions = view.properties.map((one): Condition => {
    const negative = constantNull(one.value, draft)
    const condition = (): Condition => {
      switch (one.name) {
        case 'is':
        case 'some':
          return negative ? not(exists(null)) : exists(one.value)
        case 'isNot':
          return negative ? exists(null) : not(exists(one.value))
        case 'none':
          return not(exists(one.value))
        case 'every':
          return not(exists(one.value, true))
        default:
          return { kind: 'opaque', reason: `operator ${one.name}`, mentions: [], span }
      }
    }
    return absent(condition(), one.optional, one.node, draft)
  })
  return conjunction(conditions)
}

const isTrue = (condition: Condition): boolean => condition.kind === 'and' && condition.operands.length === 0

function constantNull(node: TSESTree.Node, draft: Draft): boolean {
  const constant = draft.scope.constantOf(node)
  return constant !== null && constant.value === null
}
