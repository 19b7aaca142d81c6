/**
 * PostgreSQL's parser counts UTF-8 bytes in its tree and code points in its errors; editors count UTF-16 code units.
 * The index is built once per text, in linear time, and only when the text is not plain ASCII.
 */
export interface PositionIndex {
  /** Length of the text in UTF-8 bytes. */
  readonly bytes: number
  /** UTF-16 offset of a byte offset; a byte inside a character gives the character's start. Clamped to the text. */
  readonly fromByte: (byte: number) => number
  /** UTF-16 offset of a code point offset. Clamped to the text. */
  readonly fromCodePoint: (codePoint: number) => number
}

const clamp = (value: number, end: number): number => Math.max(0, Math.min(value, end))

/** UTF-8 length of a code point; lone surrogates become U+FFFD, three bytes. */
const byteLength = (codePoint: number): number =>
  codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4

export function indexPositions(text: string): PositionIndex {
  if (/^[\u0000-\u007f]*$/.test(text)) {
    const identity = (offset: number): number => clamp(offset, text.length)
    return { bytes: text.length, fromByte: identity, fromCodePoint: identity }
  }
  let bytes = 0
  const starts: number[] = []
  for (let at = 0; at < text.length;) {
    const codePoint = text.codePointAt(at)!
    starts.push(at)
    bytes += byteLength(codePoint)
    at += codePoint > 0xffff ? 2 : 1
  }
  const byByte = new Uint32Array(bytes + 1)
  let byte = 0
  for (const start of starts) {
    const end = byte + byteLength(text.codePointAt(start)!)
    byByte.fill(start, byte, end)
    byte = end
  }
  byByte[bytes] = text.length
  starts.push(text.length)
  return {
    bytes,
    fromByte: (offset) => byByte[clamp(offset, bytes)]!,
    fromCodePoint: (offset) => starts[clamp(offset, starts.length - 1)]!,
  }
}
