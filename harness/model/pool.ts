import { canonicalType } from '../target/resources.ts'

/** An id that operations can name, with the ids of what it lies in by type. */
export interface Pooled {
  readonly type: string
  readonly id: string
  readonly parents: Readonly<Record<string, string>>
}

/** Most entries a type keeps: what a long list holds beyond it teaches nothing. */
const most = 24

/** The ids of one tenant by type: those provisioned, and those harvested from its own answers. */
export class Pool {
  readonly #byType = new Map<string, Pooled[]>()
  readonly #parent: Pool | null
  readonly #latest = new Map<string, Pooled>()

  /** A pool for one trial lies over the tenant's own, and is thrown away with the trial. */
  constructor(parent: Pool | null = null) {
    this.#parent = parent
  }

  add(entry: Pooled): void {
    const entries = this.#byType.get(entry.type)
    if (entries === undefined) this.#byType.set(entry.type, [entry])
    else if (entries.length < most && !entries.some(({ id }) => id === entry.id)) entries.push(entry)
  }

  remove(id: string): void {
    for (const [type, entry] of this.#latest) if (entry.id === id) this.#latest.delete(type)
    for (const [type, entries] of this.#byType) {
      const rest = entries.filter((entry) => entry.id !== id && !Object.values(entry.parents).includes(id))
      if (rest.length !== entries.length) this.#byType.set(type, rest)
    }
    this.#parent?.remove(id)
  }

  /** Remembers what the trial has just written, for steps that look after it. */
  touch(type: string, id: string): void {
    const known = this.of(type).find((entry) => entry.id === id)
    this.#latest.set(type, known ?? { type, id, parents: {} })
  }

  latest(type: string): Pooled | undefined {
    return this.#latest.get(type)
  }

  /** What this layer holds of a type, newest first, then what lies below. */
  of(type: string): readonly Pooled[] {
    const own = this.#byType.get(type)
    const below = this.#parent?.of(type)
    if (own === undefined || own.length === 0) return below ?? []
    return below === undefined || below.length === 0 ? own : [...own.toReversed(), ...below]
  }

  /** Only what this layer holds: what the trial itself made. */
  fresh(type: string): readonly Pooled[] {
    return this.#byType.get(type) ?? []
  }

  types(): ReadonlySet<string> {
    return new Set([...this.#byType.keys(), ...(this.#parent?.types() ?? [])])
  }

  *all(): Iterable<Pooled> {
    for (const entries of this.#byType.values()) yield* entries
  }
}

/** Ids and other keys in an answer, with the type that the field or the operation says. */
export interface Harvested {
  readonly type: string
  readonly id: string
  /** The answer's own object, or the first level of a list: what a creating operation made. */
  readonly top: boolean
}

/** How many objects of an answer are looked at. */
const mostObjects = 40

/** Fields that name a row by something else than its id. */
const keyFields = ['slug', 'key', 'number', 'code', 'handle']
const cursorField = /^(next_?cursor|cursor|next_?page_?token|next_?token|after|end_?cursor)$/i

/**
 * Collects ids from a decoded answer: `id` is of the type that the operation produces (or of the property it lies under),
 * `projectId` of its own, `nextCursor` is a cursor.
 */
export function harvest(json: unknown, produces: string | undefined): Harvested[] {
  const found: Harvested[] = []
  if (typeof json !== 'object' || json === null) return found
  const queue: { value: object; type: string | undefined; depth: number }[] = [
    { value: json, type: produces, depth: 0 },
  ]
  for (let index = 0; index < queue.length && index < mostObjects; index++) {
    const { value, type, depth } = queue[index]!
    if (Array.isArray(value)) {
      for (const item of value)
        if (typeof item === 'object' && item !== null) queue.push({ value: item, type, depth })
    } else visit(value as Record<string, unknown>, type, depth, found, queue)
  }
  return found
}

/** Wrappers around the thing itself. */
const wrapper =
  /^(data|items?|results?|rows|records|list|payload|response|nodes?|edges|content|values?|entries)$/i

function visit(
  object: Readonly<Record<string, unknown>>,
  type: string | undefined,
  depth: number,
  found: Harvested[],
  queue: { value: object; type: string | undefined; depth: number }[],
): void {
  for (const [name, value] of Object.entries(object)) {
    if (typeof value === 'object' && value !== null) {
      const wraps = wrapper.test(name) || canonicalType(name) === type
      queue.push({ value, type: wraps ? type : canonicalType(name), depth: wraps ? depth : depth + 1 })
    } else if (typeof value === 'string' || (typeof value === 'number' && Number.isInteger(value))) {
      const id = String(value)
      if (id === '' || id.length > 200) continue
      if (name === 'id' || name === '_id' || name === 'uuid') {
        if (type !== undefined) found.push({ type, id, top: depth === 0 })
      } else if (cursorField.test(name)) found.push({ type: 'cursor', id, top: false })
      else if (keyFields.includes(name) && type !== undefined)
        found.push({ type: `${type}.${name}`, id, top: false })
      else if (/(_id|Id|ID)$/.test(name)) {
        found.push({ type: canonicalType(name.replace(/(_id|Id|ID)$/, '')), id, top: false })
      }
    }
  }
}
