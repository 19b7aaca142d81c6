import type { Span } from './statement.ts'

/** A piece of a template: text as written, or one or more holes that must be filled together. */
export type Segment =
  | { readonly kind: 'text'; readonly part: number; readonly start: number; readonly end: number }
  | {
      readonly kind: 'hole'
      readonly holes: readonly number[]
      /**
       * `plain` stands by itself; `literal` inside '…' or $$…$$, `name` in a quoted or plain identifier (`"t_${x}"`, `t_${x}`),
       * `number` after a dollar (`$${n}`); `hidden` in a comment.
       */
      readonly setting: 'plain' | 'literal' | 'name' | 'number' | 'hidden'
      /** What the segment covers in the template, quotes and neighbouring letters included. */
      readonly from: TemplatePosition
      readonly to: TemplatePosition
    }

/** A place in a template: an offset into one of its text parts. */
export interface TemplatePosition {
  readonly part: number
  readonly offset: number
}

interface Open {
  readonly close: string
  readonly kind: 'literal' | 'name' | 'hidden'
  readonly from: TemplatePosition
  readonly holes: number[]
  depth: number
}

const opener = /'|"|--|\/\*|\$(?:[A-Za-z_]\w*)?\$/g

/**
 * Splits a template at its holes, and says for each where it stands lexically: PostgreSQL's quoting decides whether a
 * hole can be a parameter at all.
 */
export function segmentsOf(parts: readonly string[]): readonly Segment[] {
  const scanner = new Scanner(parts)
  parts.forEach((_, part) => scanner.part(part))
  return scanner.finish()
}

class Scanner {
  private readonly segments: Segment[] = []
  private open: Open | null = null
  private at = 0
  private readonly parts: readonly string[]

  constructor(parts: readonly string[]) {
    this.parts = parts
  }

  /** Reads one text part and the hole after it. */
  part(part: number): void {
    this.at = 0
    const text = this.parts[part]!
    let start = this.leadingName(part)
    this.at = start
    while (this.at < text.length) {
      if (this.open === null) {
        opener.lastIndex = this.at
        const match = opener.exec(text)
        if (match === null) break
        this.begin(part, start, match)
      } else if (!this.end(part)) break
      else start = this.at
      if (this.open !== null && this.open.from.part === part && this.open.from.offset >= start) {
        start = this.open.from.offset
      }
    }
    if (this.open === null) this.text(part, start, text.length)
    if (part < this.parts.length - 1) this.hole(part)
  }

  finish(): readonly Segment[] {
    if (this.open !== null) this.close({ part: this.parts.length - 1, offset: this.parts.at(-1)!.length })
    return this.segments
  }

  private begin(part: number, start: number, match: RegExpExecArray): void {
    const sign = match[0]
    const dollar = sign.startsWith('$')
    // `a$b$c` is one identifier, not a quote.
    if (dollar && /[\w$]/.test(this.parts[part]![match.index - 1] ?? '')) {
      this.at = match.index + sign.length
      return
    }
    this.text(part, start, match.index)
    const kind = sign === "'" || dollar ? 'literal' : sign === '"' ? 'name' : 'hidden'
    const close = sign === '--' ? '\n' : sign === '/*' ? '*/' : sign
    this.open = { kind, close, from: { part, offset: match.index }, holes: [], depth: 1 }
    this.at = match.index + sign.length
  }

  /** Looks for the closing sign in this part; false when it is not there. */
  private end(part: number): boolean {
    const text = this.parts[part]!
    const open = this.open!
    for (;;) {
      const found = text.indexOf(open.close, this.at)
      if (found < 0) return false
      const nested = open.close === '*/' ? text.indexOf('/*', this.at) : -1
      if (nested >= 0 && nested < found) {
        open.depth += 1
        this.at = nested + 2
        continue
      }
      this.at = found + open.close.length
      const doubled = (open.close === "'" || open.close === '"') && text[this.at] === open.close
      const escaped =
        open.close === "'" && this.escapes(open.from) && /(?:^|[^\\])(?:\\\\)*\\$/.test(text.slice(0, found))
      if (doubled) this.at += 1
      else if (!escaped && --open.depth === 0) break
    }
    this.close({ part, offset: this.at })
    return true
  }

  private escapes({ part, offset }: TemplatePosition): boolean {
    return /(?:^|\W)[eE]$/.test(this.parts[part]!.slice(0, offset))
  }

  private close(to: TemplatePosition): void {
    const { holes, kind, from } = this.open!
    this.open = null
    if (holes.length === 0) this.text(from.part, from.offset, to.offset)
    else this.segments.push({ kind: 'hole', holes, setting: kind, from, to })
  }

  private text(part: number, start: number, end: number): void {
    if (end > start) this.segments.push({ kind: 'text', part, start, end })
  }

  private hole(part: number): void {
    if (this.open !== null) {
      this.open.holes.push(part)
      return
    }
    const length = this.parts[part]!.length
    const before = this.segments.at(-1)
    const text = before?.kind === 'text' ? this.parts[part]!.slice(before.start, before.end) : ''
    const name = /[\p{L}\p{N}_$]+$/u.exec(text)?.[0] ?? ''
    const setting = name === '$' ? 'number' : name === '' ? 'plain' : 'name'
    if (name !== '' && before?.kind === 'text') {
      this.segments.pop()
      this.text(part, before.start, length - name.length)
    }
    this.segments.push({
      kind: 'hole',
      holes: [part],
      setting,
      from: { part, offset: length - name.length },
      to: { part: part + 1, offset: 0 },
    })
  }

  /** Letters directly after a hole belong to its name: `${schema}_projects`. */
  private leadingName(part: number): number {
    const before = this.segments.at(-1)
    if (part === 0 || this.open !== null || before?.kind !== 'hole') return 0
    const length = /^[\p{L}\p{N}_$]+/u.exec(this.parts[part]!)?.[0].length ?? 0
    if (length === 0) return 0
    this.segments.pop()
    this.segments.push({ ...before, setting: 'name', to: { part, offset: length } })
    return length
  }
}

/** The text that stands for a template once its holes are filled, and the way back. */
export class FilledText {
  readonly text: string
  private readonly starts: readonly number[]
  private readonly segments: readonly Segment[]

  constructor(parts: readonly string[], segments: readonly Segment[], fill: (index: number) => string) {
    const starts: number[] = []
    let text = ''
    segments.forEach((segment, index) => {
      starts.push(text.length)
      text += segment.kind === 'text' ? parts[segment.part]!.slice(segment.start, segment.end) : fill(index)
    })
    this.text = text
    this.starts = starts
    this.segments = segments
  }

  /** Index of the last segment that starts at or before an offset. */
  segmentAt(offset: number): number {
    let low = 0
    let high = this.starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.starts[middle]! <= offset) low = middle
      else high = middle - 1
    }
    return low
  }

  /** Where a span of the filled text lies in the template. */
  locate(span: Span): { readonly from: TemplatePosition; readonly to: TemplatePosition } {
    const start = this.position(span.start, 'from')
    const end = this.position(Math.max(span.start, span.end - 1), 'to')
    return { from: start, to: end }
  }

  private position(offset: number, edge: 'from' | 'to'): TemplatePosition {
    const index = this.segmentAt(offset)
    const segment = this.segments[index]
    if (segment === undefined) return { part: 0, offset: 0 }
    if (segment.kind === 'hole') return segment[edge]
    const inside = segment.start + offset - this.starts[index]!
    return { part: segment.part, offset: Math.min(inside + (edge === 'to' ? 1 : 0), segment.end) }
  }
}
