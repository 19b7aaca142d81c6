import { cursorTypeOf, isCursor } from './cursors.ts'
import { resolveType, tenantType } from '../target/resources.ts'
import type { Operation } from '../target/target.ts'

/** A place in a request that takes an id. */
export interface Slot {
  readonly in: 'path' | 'query' | 'body'
  /** Parameter name, or dotted body path. */
  readonly name: string
  /** The pool that serves it. */
  readonly type: string
  readonly required: boolean
}

/**
 * The id slots of an operation that some pool can serve, path first. Header parameters are tenant hints or generated values,
 * never slots.
 */
export function slotsOf(operation: Operation, known: ReadonlySet<string>): readonly Slot[] {
  const slots: Slot[] = []
  for (const parameter of operation.parameters) {
    if (parameter.resource === undefined || parameter.in === 'header') continue
    const type = isCursor(parameter.resource)
      ? cursorTypeOf(operation.id)
      : poolType(parameter.resource, known)
    if (type === null) continue
    slots.push({ in: parameter.in, name: parameter.name, type, required: parameter.required })
  }
  const path = slots.filter((slot) => slot.in === 'path')
  const rest = slots.filter((slot) => slot.in !== 'path')
  const body = Object.entries(operation.bodyResources ?? {}).flatMap(([name, resource]): Slot[] => {
    const type = poolType(resource, known)
    return type === null ? [] : [{ in: 'body', name, type, required: false }]
  })
  return [...path, ...rest, ...body]
}

function poolType(resource: string, known: ReadonlySet<string>): string | null {
  return resolveType(resource, known) ?? (resource === tenantType ? tenantType : null)
}
