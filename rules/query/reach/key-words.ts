/** How the text of a guard speaks of a key. */
export interface KeyWords {
  /** The key as a word of its own. */
  readonly named: RegExp
  /** The key, taken from what was sent: `input.id`, `req.params.id`, `c.req.param('id')`, `const { id } = parsedInput`. Every session has an `id` of its own. */
  readonly read: RegExp
}

const sent = String.raw`(?:[iI]nput|[pP]arams?|query|body|args|valid\([^)]*\)|json\(\))`

export function wordsFor(key: string): KeyWords {
  const word = `(?<![\\w$])${key.replace(/[^\w]/g, '')}(?![\\w$])`
  const member = String.raw`${sent}(?:\)|!|\s+as\s+\w+)*(?:\?\.|\.|(?:\?\.)?[[(]\s*['"])${word}`
  const taken = String.raw`[{,]\s*${word}[^{}=]*\}\s*(?::[^=]*)?=\s*(?:await\s+)?[\w$.]*${sent}`
  return { named: new RegExp(word), read: new RegExp(`${member}|${taken}`) }
}
