import { hash } from '../generate/random.ts'

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-([0-9a-f])[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/**
 * An id of the same format that never existed. Of a time-ordered UUID (version 1, 6, 7; RFC 9562) or ULID the leading time
 * stays, so that only existence distinguishes the two.
 */
export function ghostOf(id: string, salt: number): string {
  const uuid = uuidPattern.exec(id)
  if (uuid !== null) {
    const kept = '167'.includes(uuid[1]!) ? 15 : 0
    return scramble(id, salt, (index) => index >= kept && index !== 14 && index !== 19)
  }
  if (/^\d{1,9}$/.test(id)) return String(2_000_000_000 + (hash(id, salt) % 147_000_000))
  if (/^\d+$/.test(id)) return scramble(id, salt, (index) => index > 1)
  // Prefixes say the type (`prj_…`), and the start of a sortable id the time.
  const separator = Math.max(id.indexOf('_'), id.indexOf(':'))
  const start = Math.max(separator + 1, id.length - 12)
  return scramble(id, salt, (index) => index >= start)
}

function scramble(id: string, salt: number, changes: (index: number) => boolean): string {
  const out = [...id].map((character, index) =>
    changes(index) ? replace(character, hash(id, salt, index)) : character,
  )
  const text = out.join('')
  return text === id ? scramble(id, salt + 1, (index) => index > 0) : text
}

function replace(character: string, random: number): string {
  if (/[0-9a-f]/.test(character)) {
    return /\d/.test(character) ? String(random % 10) : 'abcdef'[random % 6]!
  }
  if (/[g-z]/.test(character)) return 'ghjkmnpqrstvwxyz'[random % 16]!
  if (/[A-F]/.test(character)) return 'ABCDEF'[random % 6]!
  if (/[G-Z]/.test(character)) return 'GHJKMNPQRSTVWXYZ'[random % 16]!
  return character
}

/** Ids that are none: each breaks another parser. */
export const malformedIds: readonly string[] = [
  'not-an-id',
  "'",
  '\0',
  '0',
  '-1',
  '99999999999999999999',
  '00000000-0000-0000-0000-000000000000',
  'zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz',
  'null',
  '1e309',
  `${'a'.repeat(300)}`,
  "1' OR '1'='1",
]
