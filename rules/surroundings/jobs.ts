import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../source/binding.ts'
import { returnsOf, unwrap } from '../source/children.ts'
import type { ExtractionScope } from '../query/library.ts'
import { mapped } from '../query/rows.ts'
import type { FileView } from './file.ts'
import { type Origin, originOf } from '../source/origin.ts'

/** Work that is handed to a worker, and what the worker is told. */
export interface Job {
  readonly node: TSESTree.CallExpression
  readonly payload: TSESTree.Node
}

/** Where the payload stands among the arguments: itself, in each element of an array, or under one of these names. */
interface Place {
  readonly argument: number
  readonly each?: boolean
  readonly under?: RegExp
}

type Call = TSESTree.CallExpression
type PlaceOf = (node: Call) => Place

const at =
  (argument: number): PlaceOf =>
  () => ({ argument })
const under =
  (argument: number, names: RegExp): PlaceOf =>
  () => ({ argument, under: names })
const each =
  (argument: number, names: RegExp): PlaceOf =>
  () => ({ argument, each: true, under: names })

/** `send(name, data)` and `send({ name, data })`. */
const named =
  (names: RegExp): PlaceOf =>
  ({ arguments: { length } }) =>
    length === 1 ? { argument: 0, under: names } : { argument: 1 }

/** `insert(jobs)` and `insert(name, jobs)`. */
const lastEach =
  (names: RegExp): PlaceOf =>
  ({ arguments: { length } }) => ({ argument: length - 1, each: true, under: names })

/** `add(name, data, options)`; the queue of Bull may also do without the name. */
const bull: PlaceOf = ({ arguments: [first] }) => ({ argument: first?.type === 'ObjectExpression' ? 0 : 1 })

interface Sender {
  readonly module: RegExp
  /** Names from the package to the method, joined by dots. */
  readonly path: RegExp
  readonly place: PlaceOf
}

const senders: readonly Sender[] = [
  { module: /^(bullmq|bull)$/, path: /(^|\.)FlowProducer\.add$/, place: under(0, /^data$/) },
  { module: /^(bullmq|bull)$/, path: /\.addBulk$/, place: each(0, /^data$/) },
  { module: /^(bullmq|bull)$/, path: /\.add$/, place: bull },
  {
    module: /^pg-boss$/,
    path: /\.(send|publish)$/,
    place: named(/^data$/),
  },
  {
    module: /^pg-boss$/,
    path: /\.(sendAfter|sendThrottled|sendDebounced|publishAfter|publishOnce|publishThrottled|publishDebounced)$/,
    place: at(1),
  },
  { module: /^pg-boss$/, path: /\.insert$/, place: lastEach(/^data$/) },
  { module: /^graphile-worker$/, path: /\.addJob$/, place: at(1) },
  { module: /^graphile-worker$/, path: /\.addJobs$/, place: each(0, /^payload$/) },
  { module: /^graphile-worker$/, path: /^quickAddJob$/, place: at(2) },
  { module: /^inngest$/, path: /\.send$/, place: each(0, /^data$/) },
  { module: /^inngest$/, path: /\.sendEvent$/, place: each(1, /^data$/) },
  {
    module: /^@trigger\.dev\/sdk(\/v3)?$/,
    path: /^tasks\.(trigger|triggerAndWait|triggerAndPoll)$/,
    place: at(1),
  },
  {
    module: /^@trigger\.dev\/sdk(\/v3)?$/,
    path: /^tasks\.(batchTrigger|batchTriggerAndWait)$/,
    place: each(1, /^payload$/),
  },
  {
    module: /^@trigger\.dev\/sdk(\/v3)?$/,
    path: /\.(batchTrigger|batchTriggerAndWait)$/,
    place: each(0, /^payload$/),
  },
  { module: /^@trigger\.dev\/sdk(\/v3)?$/, path: /\.(trigger|triggerAndWait)$/, place: at(0) },
]

/** The last names of all of them: what else is called need not be looked up. */
const methods = new Set(
  senders.flatMap(({ path }) => [...path.source.matchAll(/[a-z]\w+/gi)].map(([name]) => name)),
)

/** Everything that the file hands to queues: BullMQ and Bull, pg-boss, graphile-worker, Inngest, Trigger.dev. */
export function jobsOf(file: FileView): readonly Job[] {
  return file.all('CallExpression').flatMap((node): readonly Job[] => {
    const place = placeOf(node, file)
    const argument = place === null ? undefined : node.arguments[place.argument]
    if (place === null || argument === undefined || argument.type === 'SpreadElement') return []
    const holders = place.each === true ? elementsOf(argument, file.scope) : [argument]
    return holders.flatMap((holder) => {
      const payload = place.under === undefined ? holder : propertyOf(holder, place.under, file.scope)
      return payload === null ? [] : [{ node, payload }]
    })
  })
}

function placeOf(node: Call, file: FileView): Place | null {
  const callee = unwrap(node.callee)
  const name = callee.type === 'MemberExpression' ? memberName(callee) : null
  if (callee.type !== 'Identifier' && name === null) return null
  // A function may have been imported under another name.
  const isAlias = name === null && file.scope.sourceCode.text.includes('graphile-worker')
  if (!isAlias && (name === null || !methods.has(name))) return null
  const origin = originOf(file.scope.definitionOf(callee)) ?? workerHelpers(callee, file)
  if (origin === null) return null
  const path = origin.path.join('.')
  return senders.find((one) => one.module.test(origin.module) && one.path.test(path))?.place(node) ?? null
}

/** The second parameter of a task of graphile-worker has its type from where the task is listed, which may be another file. */
function workerHelpers(callee: TSESTree.Node, file: FileView): Origin | null {
  if (callee.type !== 'MemberExpression' || callee.object.type !== 'Identifier') return null
  if (!/^(helpers|workerUtils)$/.test(callee.object.name)) return null
  const imported = file.all('ImportDeclaration').some(({ source }) => source.value === 'graphile-worker')
  return imported
    ? { module: 'graphile-worker', path: ['helpers', memberName(callee) ?? ''], made: true }
    : null
}

/** The elements of an array in sight, what a `map` makes of each, or the thing itself where it is no array. */
function elementsOf(given: TSESTree.Node, scope: ExtractionScope): readonly TSESTree.Node[] {
  const node = scope.resolve(given)
  if (node.type === 'ObjectExpression') return [node]
  const callback = mapped(node)
  if (callback !== null) return returnsOf(callback)
  return scope.arrayOf(node)?.elements.map(({ value }) => value) ?? []
}

function propertyOf(given: TSESTree.Node, names: RegExp, scope: ExtractionScope): TSESTree.Node | null {
  return scope.objectOf(given)?.properties.findLast(({ name }) => names.test(name))?.value ?? null
}
