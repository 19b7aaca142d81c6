import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../../../source/binding.ts'
import { unwrap } from '../../../source/children.ts'
import type { ExtractionScope } from '../../library.ts'
import { type Model, modelOf } from './model.ts'

export type Operation =
  | 'find'
  | 'findByKey'
  | 'findOrCreate'
  | 'aggregate'
  | 'create'
  | 'update'
  | 'upsert'
  | 'destroy'
  | 'restore'
  | 'count up'
  | 'truncate'

interface Method {
  readonly operation: Operation
  /** Which argument holds the options. */
  readonly options: number
  /** Hardly anything else has a method of that name. */
  readonly specific: boolean
}

const method = (operation: Operation, options: number, specific = true): Method => ({
  operation,
  options,
  specific,
})

const methods: ReadonlyMap<string, Method> = new Map([
  ['findAll', method('find', 0)],
  ['findOne', method('find', 0, false)],
  ['find', method('find', 0, false)],
  ['findAndCountAll', method('find', 0)],
  ['findAndCount', method('find', 0, false)],
  ['findByPk', method('findByKey', 1)],
  ['findById', method('findByKey', 1, false)],
  ['findOrCreate', method('findOrCreate', 0)],
  ['findCreateFind', method('findOrCreate', 0)],
  ['findOrBuild', method('find', 0)],
  ['count', method('aggregate', 0, false)],
  ['sum', method('aggregate', 1, false)],
  ['max', method('aggregate', 1, false)],
  ['min', method('aggregate', 1, false)],
  ['aggregate', method('aggregate', 2, false)],
  ['create', method('create', 1, false)],
  ['bulkCreate', method('create', 1)],
  ['update', method('update', 1, false)],
  ['upsert', method('upsert', 1, false)],
  ['destroy', method('destroy', 0)],
  ['restore', method('restore', 0)],
  ['increment', method('count up', 1)],
  ['decrement', method('count up', 1)],
  ['truncate', method('truncate', 0)],
])

export interface ModelCall {
  readonly node: TSESTree.CallExpression
  readonly method: string
  readonly operation: Operation
  readonly model: Model
  readonly options: TSESTree.Node | null
}

/** `Task.findAll(…)`. Null: no call of a Sequelize model. */
export function modelCallOf(node: TSESTree.CallExpression, scope: ExtractionScope): ModelCall | null {
  const callee = unwrap(node.callee)
  if (callee.type !== 'MemberExpression') return null
  const name = memberName(callee) ?? ''
  const known = methods.get(name)
  if (known === undefined) return null
  const model = modelOf(callee.object, scope)
  if (model === null) return null
  const { operation, specific } = known
  const options = argumentAt(node, known.options)
  if (model.client === 'likely' && !isLikely(node, model, specific, options, scope)) return null
  return { node, method: name, operation, model, options }
}

export function argumentAt(node: TSESTree.CallExpression, index: number): TSESTree.Node | null {
  const argument = node.arguments[index]
  return argument === undefined || argument.type === 'SpreadElement' ? null : argument
}

const optionKeys =
  /^(transaction|paranoid|attributes|raw|nest|plain|individualHooks|hooks|ignoreDuplicates|updateOnDuplicate|rejectOnEmpty|subQuery|required|benchmark|logging|useMaster|searchPath|lock)$/

/**
 * A member of something that is called a database may be a delegate of Prisma or a collection of something else. The file's own
 * words, or options that only Sequelize has, tell.
 */
function isLikely(
  node: TSESTree.CallExpression,
  model: Model,
  specific: boolean,
  options: TSESTree.Node | null,
  scope: ExtractionScope,
): boolean {
  const ours = /\bsequelize/i.test(scope.sourceCode.text)
  const keys = (options === null ? null : scope.objectOf(options))?.properties.map(({ name }) => name) ?? []
  if (specific || keys.some((key) => optionKeys.test(key))) return model.relation !== null || ours
  if (model.relation === null) return false
  const [first] = node.arguments
  const data = first === undefined ? null : scope.objectOf(first)
  const prisma = data?.properties.some(({ name }) => /^(data|create|select)$/.test(name)) === true
  return ours && !prisma
}
