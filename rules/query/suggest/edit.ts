import type { TSESTree } from '@typescript-eslint/utils'
import { keyName } from '../../source/binding.ts'

/** Text that is put in at an offset of the file. */
export interface Insertion {
  readonly at: number
  readonly text: string
}

/** One way to mend a query: what is written, for the title, and where. */
export interface Edit {
  readonly text: string
  readonly insertions: readonly Insertion[]
}

/** Adds a property at the end of an object literal; null where it would not win, or is there already. */
export function addedProperty(object: TSESTree.ObjectExpression, name: string, value: string): Edit | null {
  const isThere = object.properties.some(
    (property) => property.type === 'Property' && keyName(property.key, property.computed) === name,
  )
  if (isThere) return null
  const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name)
  const text = key === value ? key : `${key}: ${value}`
  const last = object.properties.at(-1)
  const at = last?.range[1] ?? object.range[0] + 1
  return { text, insertions: [{ at, text: last === undefined ? ` ${text} ` : `, ${text}` }] }
}

/** A property that is written out; null when there is none, or something may override it. */
export function literalProperty(
  object: TSESTree.ObjectExpression,
  name: string,
): { readonly value: TSESTree.Node } | 'absent' | null {
  if (object.properties.some((property) => property.type === 'SpreadElement' || property.computed))
    return null
  for (const property of object.properties) {
    if (property.type === 'Property' && keyName(property.key, false) === name) return property
  }
  return 'absent'
}
