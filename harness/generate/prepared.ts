import type fc from 'fast-check'
import type { Operation } from '../target/target.ts'
import { arbitraryOf } from './schema.ts'
import type { Slot } from './slots.ts'
import { isFreeText } from './words.ts'

/** An operation with everything about it that does not change during a campaign. */
export interface Prepared {
  readonly operation: Operation
  readonly slots: readonly Slot[]
  readonly body: fc.Arbitrary<unknown> | null
  /** Query and header parameters that are no id slots. */
  readonly plain: readonly {
    readonly name: string
    readonly in: 'query' | 'header' | 'path'
    readonly required: boolean
    readonly values: fc.Arbitrary<unknown>
    readonly isText: boolean
    readonly least: number
    readonly usual: unknown
  }[]
}

export function prepare(operation: Operation, slots: readonly Slot[]): Prepared {
  const taken = new Set(slots.map((slot) => `${slot.in} ${slot.name}`))
  return {
    operation,
    slots,
    body: operation.body === undefined ? null : arbitraryOf(operation.body.schema),
    plain: operation.parameters
      .filter((parameter) => !taken.has(`${parameter.in} ${parameter.name}`))
      .map(({ name, in: place, required, schema }) => ({
        name,
        in: place,
        required,
        values: arbitraryOf(schema),
        isText: isFreeText(schema),
        usual: schema['default'],
        least: typeof schema['minimum'] === 'number' ? schema['minimum'] : 1,
      })),
  }
}
