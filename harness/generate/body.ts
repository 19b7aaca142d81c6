import type { JsonSchema } from '../target/target.ts'

/** Reading and writing values at dotted paths of a decoded body: `projectId`, `tasks[].id`, `labelIds[]`. */

type Json = Record<string, unknown>

/** Whether a path leads to something in this body. An empty array holds nothing. */
export function hasPlace(body: unknown, path: string): boolean {
  return places(body, path.split('.')).length > 0
}

/** Replaces every value at the path by what `make` gives for its position. */
export function fillPlaces(body: unknown, path: string, make: (position: number) => unknown): void {
  places(body, path.split('.')).forEach((place, position) => {
    place.holder[place.key as never] = make(position) as never
  })
}

/** Makes the path exist (arrays get `length` items), so that it can be filled. */
export function ensurePlace(body: unknown, path: string, length: number): void {
  let holder = body as Json
  const segments = path.split('.')
  for (const [index, segment] of segments.entries()) {
    if (typeof holder !== 'object' || holder === null) return
    const isArray = segment.endsWith('[]')
    const key = isArray ? segment.slice(0, -2) : segment
    const last = index === segments.length - 1
    if (isArray) {
      const list = Array.isArray(holder[key]) ? (holder[key] as unknown[]) : []
      while (list.length < length) list.push(last ? null : { ...((list[0] as Json | undefined) ?? {}) })
      if (key === '') return
      holder[key] = list
      holder = list[0] as Json
    } else if (last) holder[key] ??= null
    else holder = (holder[key] ??= {}) as Json
  }
}

/** Ids of a list that are there twice are sent once: a list that wants no doubles would refuse all of them. */
export function dropDoubles(body: unknown, path: string): void {
  if (!path.endsWith('[]')) return
  for (const { holder } of places(body, path.split('.'))) {
    const list = holder as unknown as unknown[]
    list.splice(0, list.length, ...new Set(list))
  }
}

/** Takes the path away: the actor has no id for it. */
export function removePlace(body: unknown, path: string): void {
  const segments = path.split('.')
  const last = segments.pop()!
  const holders =
    segments.length === 0 ? [body] : places(body, segments).map(({ holder, key }) => (holder as Json)[key])
  for (const holder of holders) {
    if (typeof holder !== 'object' || holder === null) continue
    if (last.endsWith('[]')) (holder as Json)[last.slice(0, -2)] = []
    else delete (holder as Json)[last]
  }
}

interface Place {
  readonly holder: Json
  readonly key: string
}

function places(body: unknown, segments: readonly string[]): Place[] {
  if (typeof body !== 'object' || body === null) return []
  const [segment, ...rest] = segments
  if (segment === undefined) return []
  const isArray = segment.endsWith('[]')
  const key = isArray ? segment.slice(0, -2) : segment
  const holder = body as Json
  if (!isArray) {
    if (!(key in holder)) return []
    return rest.length === 0 ? [{ holder, key }] : places(holder[key], rest)
  }
  const list = key === '' ? (Array.isArray(body) ? body : []) : holder[key]
  if (!Array.isArray(list)) return []
  if (rest.length === 0)
    return list.map((_, index) => ({ holder: list as unknown as Json, key: String(index) }))
  return list.flatMap((item) => places(item, rest))
}

/** Does a schema want numbers for the ids of this place? */
export function isNumericPlace(schema: JsonSchema | undefined, place: string): boolean {
  const text = JSON.stringify(schema?.['properties'] ?? {}, shallow())
  const name = place.replace(/\[\]$/, '')
  return new RegExp(`"${name}":\\{[^}]*"(integer|number)"`).test(text)
}

/** Circular schemas are cut: only the nearest levels say whether an id is a number. */
function shallow(): (key: string, value: unknown) => unknown {
  const seen = new Set<unknown>()
  return (_key, value) => {
    if (typeof value !== 'object' || value === null) return value
    if (seen.has(value)) return undefined
    seen.add(value)
    return value
  }
}
