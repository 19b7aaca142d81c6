import type { JsonSchema } from '../target/target.ts'

/** Texts that match more than they say. */
const wildcards = ['%', '\u0000', '']

/** Does it take any text? What has a format, a pattern or a list of values does not. */
export function isFreeText(schema: JsonSchema): boolean {
  const { type } = schema
  const isText = type === undefined || type === 'string' || (Array.isArray(type) && type.includes('string'))
  return (
    isText && ['format', 'pattern', 'enum', 'const', 'properties', 'items'].every((key) => !(key in schema))
  )
}

/** Body fields that search, where a search is sent as a body. */
export const searching = /^(q|query|search|term|text|keywords?|filter|name|title)$/i

/** The word of a pick: the first picks are the likeliest to hit. */
export function wordOf(words: readonly string[], pick: number): string {
  const all = [words[0] ?? '', wildcards[1]!, ...words.slice(1), wildcards[0]!, wildcards[2]!]
  return all[pick % all.length]!
}
