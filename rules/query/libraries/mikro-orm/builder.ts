import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../../../source/binding.ts'
import { unwrap } from '../../../source/children.ts'
import { inWords } from '../../../provenance/writes.ts'
import type { Condition, FromItem } from '../../../sql/statement.ts'
import { startDraft, type Draft } from '../../draft.ts'
import type { ExtractionScope } from '../../library.ts'
import type { Answer, QueryOrOpaque } from '../../query.ts'
import { absent } from '../prisma/where.ts'
import { leadOf, linkOf, type Entity } from '../prisma/entity.ts'
import { chainOf } from '../typeorm/builder/chain.ts'
import { rootOf } from '../typeorm/builder/root.ts'
import type { Step } from '../typeorm/builder/steps.ts'
import { rowsOf } from '../typeorm/data.ts'
import { leadTarget, mention } from '../typeorm/entity.ts'
import { selectBlock } from '../typeorm/statements.ts'
import { unseen } from '../typeorm/where.ts'
import { deleted, insertedRows, updated } from '../typeorm/writes.ts'
import { opaque } from './call.ts'
import { filterOf } from './where.ts'

const answers: Readonly<Record<string, Answer>> = {
  execute: { shape: 'rows', throws: false },
  getResult: { shape: 'rows', throws: false },
  getResultList: { shape: 'rows', throws: false },
  getSingleResult: { shape: 'row', throws: false },
  getCount: { shape: 'none', throws: false },
  getResultAndCount: { shape: 'pair', throws: false },
}

/** Methods that give something else than the builder. */
const leaves = /^(get|to|clone|stream|then|catch|finally)/

/** The statement of `em.createQueryBuilder(User, 'u')…` where it is executed. */
export function builderQueries(
  node: TSESTree.CallExpression,
  scope: ExtractionScope,
): readonly QueryOrOpaque[] | null {
  const callee = unwrap(node.callee)
  if (callee.type !== 'MemberExpression') return null
  const method = memberName(callee) ?? ''
  const isEnd = Object.hasOwn(answers, method)
  // A builder that is awaited sends itself.
  if (!isEnd && (node.parent.type !== 'AwaitExpression' || leaves.test(method))) return null
  const name = isEnd ? method : 'getResult'
  const chain = chainOf(isEnd ? callee.object : node, node, scope)
  if (chain?.library !== 'mikro-orm') return null
  const root = rootOf({ ...chain, steps: [] }, scope)
  if (root === null || root.target === null) return [opaque(node, 'the entity is chosen at run time')]
  const draft = startDraft(scope)
  const { steps } = chain
  const write = steps.findLast(({ method }) => /^(update|insert|delete)$/.test(method))
  const [data] = write?.call.arguments ?? []
  const access = write === undefined ? 'read' : (write.method as 'update' | 'insert' | 'delete')
  const alias = write === undefined ? root.alias : null
  const main = mention(root.target, alias, access, root.node, draft)
  const client = scope.pathOf(chain.root.callee)
  const { from, entities } = joined(steps, root.alias, main, draft)
  const where = conditions(steps, entities, main, draft)
  const rows = write === undefined || data === undefined ? [] : rowsOf(data, main, draft)
  if (access === 'insert') {
    return [
      draft.finish('mikro-orm', node, client, insertedRows(main, rows, null, node, draft), answers[name]!),
    ]
  }
  if (access === 'update') {
    return [draft.finish('mikro-orm', node, client, updated(main, rows, where, node, draft), answers[name]!)]
  }
  if (access === 'delete') {
    const own = data === undefined ? null : filterOf(data, main, draft)
    const both: Condition | null =
      own !== null && where !== null ? { kind: 'and', operands: [own, where] } : (own ?? where)
    return [draft.finish('mikro-orm', node, client, deleted(main, both, node, draft), answers[name]!)]
  }
  const options = { where, joined: { from, entities }, limited: name === 'getSingleResult' }
  const block = selectBlock(main, options, name === 'getCount', draft.spanOf(node))
  return [draft.finish('mikro-orm', node, client, block, answers[name]!)]
}

interface Source {
  readonly from: FromItem
  readonly entities: ReadonlyMap<string, Entity>
}

/** `leftJoin('u.projects', 'p', { … })`. */
function joined(steps: readonly Step[], alias: string, main: Entity, draft: Draft): Source {
  let source: Source = { from: main.occurrence, entities: new Map([[alias, main]]) }
  for (const { method, call, decisions } of steps) {
    if (!/^((left|inner)J|j)oin(AndSelect)?$/.test(method)) continue
    const [what, name, condition] = call.arguments
    const path = what === undefined ? null : draft.scope.constantOf(what)?.value
    const given = name === undefined ? null : draft.scope.constantOf(name)?.value
    const [owner, property] = typeof path === 'string' ? path.split('.') : []
    const parent = property === undefined ? main : source.entities.get(owner!)
    const field = property ?? owner ?? ''
    const lead = parent === undefined ? null : leadOf(parent, field, draft.scope.tenancy)
    const span = draft.spanOf(call)
    const inner = !method.startsWith('left') && decisions.length === 0
    const join = { kind: 'join', type: inner ? 'inner' : 'left', left: source.from, span } as const
    if (parent === undefined || lead === null || typeof given !== 'string') {
      const reason = 'a join on what could not be seen'
      const right: FromItem = {
        kind: 'rowset',
        alias: typeof given === 'string' ? given : null,
        reason,
        span,
      }
      source = { ...source, from: { ...join, right, on: { kind: 'constant', value: true, span } } }
      continue
    }
    const other = mention(leadTarget(lead), given, 'read', what!, draft)
    const link = linkOf(parent, other, lead, what!, draft)
    const extra = condition === undefined ? null : filterOf(condition, other, draft)
    const on: Condition = extra === null ? link : { kind: 'and', operands: [link, extra] }
    source = {
      from: { ...join, right: other.occurrence, on },
      entities: new Map([...source.entities, [given, other]]),
    }
  }
  return source
}

/** MikroORM puts brackets around what was there before, so that AND and OR bind from left to right. */
function conditions(
  steps: readonly Step[],
  entities: ReadonlyMap<string, Entity>,
  main: Entity,
  draft: Draft,
): Condition | null {
  let all: Condition | null = null
  for (const { method, call, decisions } of steps) {
    const [given] = call.arguments
    if (method === '') {
      all = unseen('filter', call, draft)
      continue
    }
    if (!/^(where|andWhere|orWhere)$/.test(method) || given === undefined) continue
    const condition = conditionOf(given, entities, main, draft)
    if (all === null || (method === 'where' && decisions.length === 0)) {
      all = absent(condition, inWords(decisions), call, draft)
    } else if (method === 'andWhere') {
      all = { kind: 'and', operands: [all, absent(condition, inWords(decisions), call, draft)] }
    } else all = { kind: 'or', operands: [all, condition] }
  }
  return all
}

/** An object whose keys may name the alias of a joined entity; text is not looked into. */
function conditionOf(
  given: TSESTree.Node,
  entities: ReadonlyMap<string, Entity>,
  main: Entity,
  draft: Draft,
): Condition {
  const view = draft.scope.objectOf(unwrap(given))
  if (view === null) return unseen('condition', given, draft)
  const owners = new Set(view.properties.map(({ name }) => (name.includes('.') ? name.split('.')[0]! : '')))
  const [only] = owners
  const entity = owners.size === 1 && only !== '' ? entities.get(only!) : main
  const foreign = [...owners].some((name) => name !== '' && entities.get(name) !== entity)
  if (entity === undefined || foreign) return unseen('condition', given, draft)
  return filterOf(given, entity, draft) ?? unseen('condition', given, draft)
}
