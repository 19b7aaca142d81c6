import { canonicalType } from '../target/resources.ts'

const cursor = 'cursor'

/** A cursor continues one list and no other. */
export function cursorTypeOf(operation: string): string {
  return `${cursor}:${canonicalType(operation)}`
}

export function isCursor(type: string): boolean {
  return type === cursor || type.startsWith(`${cursor}:`)
}

/** Parameters that say how long a page is. */
export const pageSize = /^(limit|page[-_]?size|per[-_]?page|size|count|first|take|max[-_]?results|top)$/i

/**
 * A cursor with what it says inside changed: each of its parts is read as base64 or as plain text. Null when it does not hold what is to
 * be replaced, or cannot be read.
 */
export function forgeCursor(text: string, swaps: readonly (readonly [string, string])[]): string | null {
  const parts = text.split('.').map((part) => {
    const decoded = Buffer.from(part, 'base64').toString('utf8')
    const isEncoded = /^[A-Za-z0-9+/_=-]{4,}$/.test(part) && !decoded.includes('\ufffd')
    const plain = isEncoded ? decoded : part
    const swapped = swaps.reduce((inner, [from, to]) => inner.replaceAll(from, to), plain)
    if (swapped === plain) return part
    if (!isEncoded) return swapped
    return Buffer.from(swapped).toString(/[+/=]/.test(part) ? 'base64' : 'base64url')
  })
  const forged = parts.join('.')
  return forged === text ? null : forged
}
