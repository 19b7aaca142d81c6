import type { Answer } from '../../query.ts'

/** What a method of a repository or entity manager does. */
export type Operation =
  /** `options`: find options; `by`: a filter; `keys`: ids; `entity`: rows of an object that is at hand. */
  | {
      readonly kind: 'read'
      readonly argument: 'options' | 'by' | 'keys' | 'column by'
      readonly counts: boolean
    }
  | { readonly kind: 'insert' | 'upsert' | 'save' | 'preload' | 'clear' | 'raw' }
  | { readonly kind: 'update'; readonly set: 'data' | 'mark' | 'number' }
  | { readonly kind: 'delete' }
  /** Writes or deletes rows by the entities that stand for them. */
  | { readonly kind: 'entity write'; readonly deletes: boolean }
  /** Reads more rows than its arguments show: trees. */
  | { readonly kind: 'tree'; readonly whole: boolean }

export interface Method {
  readonly operation: Operation
  readonly answer: Answer
}

const none: Answer = { shape: 'none', throws: false }
const row: Answer = { shape: 'row', throws: false }
const rows: Answer = { shape: 'rows', throws: false }
const pair: Answer = { shape: 'pair', throws: false }

type Argument = Extract<Operation, { kind: 'read' }>['argument']

const read = (argument: Argument, answer: Answer): Method => ({
  operation: { kind: 'read', argument, counts: answer === none },
  answer,
})

const write = (operation: Operation, answer: Answer = none): Method => ({ operation, answer })

const mark = write({ kind: 'update', set: 'mark' })
const shift = write({ kind: 'update', set: 'number' })
const aggregate = read('column by', none)

const methods: Readonly<Record<string, Method>> = {
  find: read('options', rows),
  findBy: read('by', rows),
  findAndCount: read('options', pair),
  findAndCountBy: read('by', pair),
  findOne: read('options', row),
  findOneBy: read('by', row),
  findOneOrFail: read('options', { ...row, throws: true }),
  findOneByOrFail: read('by', { ...row, throws: true }),
  findByIds: read('keys', rows),
  findOneById: read('keys', row),
  count: read('options', none),
  countBy: read('by', none),
  exist: read('options', none),
  exists: read('options', none),
  existsBy: read('by', none),
  sum: aggregate,
  average: aggregate,
  minimum: aggregate,
  maximum: aggregate,
  insert: write({ kind: 'insert' }),
  upsert: write({ kind: 'upsert' }),
  save: write({ kind: 'save' }, row),
  preload: write({ kind: 'preload' }, row),
  update: write({ kind: 'update', set: 'data' }),
  softDelete: mark,
  restore: mark,
  increment: shift,
  decrement: shift,
  delete: write({ kind: 'delete' }),
  remove: write({ kind: 'entity write', deletes: true }),
  softRemove: write({ kind: 'entity write', deletes: false }),
  recover: write({ kind: 'entity write', deletes: false }),
  clear: write({ kind: 'clear' }),
  query: write({ kind: 'raw' }, rows),
  findTrees: write({ kind: 'tree', whole: true }, rows),
  findRoots: write({ kind: 'tree', whole: true }, rows),
  findDescendants: write({ kind: 'tree', whole: false }, rows),
  findDescendantsTree: write({ kind: 'tree', whole: false }, row),
  findAncestors: write({ kind: 'tree', whole: false }, rows),
  findAncestorsTree: write({ kind: 'tree', whole: false }, row),
}

export function methodNamed(name: string): Method | null {
  return Object.hasOwn(methods, name) ? methods[name]! : null
}
