import { closeOf, isSymbol, isWord, tokenize, type Token } from './tokens.ts'

/** A half-open range of the body's text. */
export interface Range {
  readonly start: number
  readonly end: number
}

/** One step of a PL/pgSQL body, as far as it can change a schema. */
export type Step =
  | { readonly kind: 'sql'; readonly range: Range }
  | { readonly kind: 'execute'; readonly expression: Range; readonly range: Range }
  | { readonly kind: 'assign'; readonly name: string; readonly expression: Range }
  | {
      readonly kind: 'if'
      readonly condition: Range
      readonly then: readonly Step[]
      readonly otherwise: readonly Step[]
    }
  /** `FOREACH … IN ARRAY` and `FOR … IN query`. */
  | {
      readonly kind: 'each'
      readonly name: string
      readonly source: Range
      readonly query: boolean
      readonly body: readonly Step[]
    }
  /** A loop or branch of which it cannot be told how often it runs. */
  | { readonly kind: 'maybe'; readonly body: readonly Step[]; readonly range: Range }

/** Statements that neither change a schema nor steer. `PERFORM` is SQL in disguise and handled apart. */
const inert = [
  'raise',
  'null',
  'return',
  'exit',
  'continue',
  'get',
  'assert',
  'open',
  'close',
  'fetch',
  'move',
  'commit',
  'rollback',
]

/** Reads a PL/pgSQL body (documentation, chapter 43) into steps. Never throws: what is cut short ends early. */
export function readProcedure(text: string): Step[] {
  return new ProcedureReader(text).block()
}

class ProcedureReader {
  private readonly tokens: readonly Token[]
  private at = 0

  constructor(text: string) {
    this.tokens = tokenize(text)
  }

  /** `[DECLARE …] BEGIN … [EXCEPTION …] END`. Handlers run only after a failure, which a fresh database does not have. */
  block(): Step[] {
    const steps: Step[] = []
    while (isSymbol(this.tokens[this.at], '<')) this.at++
    if (isWord(this.tokens[this.at], 'declare')) {
      this.at++
      while (this.at < this.tokens.length && !isWord(this.tokens[this.at], 'begin')) {
        const step = this.declaration()
        if (step !== null) steps.push(step)
      }
    }
    if (isWord(this.tokens[this.at], 'begin')) this.at++
    steps.push(...this.steps('end', 'exception'))
    if (isWord(this.tokens[this.at], 'exception')) this.skipTo('end')
    this.at++
    this.skipSemicolon()
    return steps
  }

  private declaration(): Step | null {
    const name = this.tokens[this.at]?.text ?? ''
    const end = this.endOfStatement()
    let from = this.at
    while (
      from < end &&
      !isSymbol(this.tokens[from], ':=') &&
      !isSymbol(this.tokens[from], '=') &&
      !isWord(this.tokens[from], 'default')
    ) {
      from++
    }
    const expression = from < end ? this.range(from + 1, end) : null
    this.at = end + 1
    return expression === null ? null : { kind: 'assign', name, expression }
  }

  private steps(...until: readonly string[]): Step[] {
    const steps: Step[] = []
    while (this.at < this.tokens.length && !isWord(this.tokens[this.at], ...until)) steps.push(...this.step())
    return steps
  }

  private step(): Step[] {
    const token = this.tokens[this.at]
    if (isSymbol(token, ';')) {
      this.at++
      return []
    }
    if (isSymbol(token, '<')) return this.label()
    if (isWord(token, 'declare', 'begin')) return this.block()
    if (isWord(token, 'if')) return [this.branch()]
    if (isWord(token, 'foreach', 'for')) return [this.each()]
    if (isWord(token, 'while', 'loop', 'case')) return [this.loop()]
    const end = this.endOfStatement()
    const from = this.at
    this.at = end + 1
    if (isWord(token, ...inert)) return []
    if (isWord(token, 'execute')) {
      let stop = from + 1
      while (stop < end && !isWord(this.tokens[stop], 'into', 'using')) {
        stop = isSymbol(this.tokens[stop], '(') ? closeOf(this.tokens, stop) : stop + 1
      }
      return [{ kind: 'execute', expression: this.range(from + 1, stop), range: this.range(from, end) }]
    }
    const assigns = this.tokens[from + 1]
    if (isSymbol(assigns, ':=') || isSymbol(assigns, '=')) {
      return [{ kind: 'assign', name: token?.text ?? '', expression: this.range(from + 2, end) }]
    }
    return [{ kind: 'sql', range: this.range(from, end) }]
  }

  private label(): Step[] {
    while (this.at < this.tokens.length && !isSymbol(this.tokens[this.at], '>')) this.at++
    while (isSymbol(this.tokens[this.at], '>')) this.at++
    return []
  }

  private branch(): Step {
    const from = ++this.at
    const condition = this.range(from, this.skipTo('then'))
    this.at++
    const then = this.steps('elsif', 'elseif', 'else', 'end')
    if (isWord(this.tokens[this.at], 'elsif', 'elseif')) {
      return { kind: 'if', condition, then, otherwise: [this.branch()] }
    }
    let otherwise: Step[] = []
    if (isWord(this.tokens[this.at], 'else')) {
      this.at++
      otherwise = this.steps('end')
    }
    this.endOf('if')
    return { kind: 'if', condition, then, otherwise }
  }

  private each(): Step {
    const from = this.at
    const query = isWord(this.tokens[from], 'for')
    const name = this.tokens[from + 1]?.text ?? ''
    this.skipTo('in')
    this.at++
    if (isWord(this.tokens[this.at], 'array')) this.at += query ? 0 : 1
    const start = this.at
    const source = this.range(start, this.skipTo('loop'))
    this.at++
    const body = this.steps('end')
    this.endOf('loop')
    return { kind: 'each', name, source, query, body }
  }

  private loop(): Step {
    const from = this.at
    const what = isWord(this.tokens[from], 'case') ? 'case' : 'loop'
    const body: Step[] = []
    if (what === 'loop') {
      this.skipTo('loop')
      this.at++
      body.push(...this.steps('end'))
    } else {
      this.at++
      while (this.at < this.tokens.length && !isWord(this.tokens[this.at], 'end')) {
        if (isWord(this.tokens[this.at], 'else')) this.at++
        else {
          this.skipTo('then')
          this.at++
        }
        body.push(...this.steps('when', 'else', 'end'))
      }
    }
    this.endOf(what)
    return { kind: 'maybe', body, range: this.range(from, this.at) }
  }

  private endOf(word: string): void {
    if (isWord(this.tokens[this.at], 'end')) this.at++
    if (isWord(this.tokens[this.at], word)) this.at++
    while (this.at < this.tokens.length && !isSymbol(this.tokens[this.at], ';')) this.at++
    this.skipSemicolon()
  }

  private skipSemicolon(): void {
    if (isSymbol(this.tokens[this.at], ';')) this.at++
  }

  /** Moves to the next such word outside of parentheses; CASE expressions hold THEN and END of their own. */
  private skipTo(word: string): number {
    let cases = 0
    while (this.at < this.tokens.length) {
      const token = this.tokens[this.at]
      if (cases === 0 && isWord(token, word)) break
      if (isWord(token, 'case')) cases++
      if (cases > 0 && isWord(token, 'end')) cases--
      this.at = isSymbol(token, '(') ? closeOf(this.tokens, this.at) : this.at + 1
    }
    return this.at
  }

  private endOfStatement(): number {
    let end = this.at
    while (end < this.tokens.length && !isSymbol(this.tokens[end], ';')) {
      end = isSymbol(this.tokens[end], '(') ? closeOf(this.tokens, end) : end + 1
    }
    return end
  }

  private range(from: number, to: number): Range {
    const first = this.tokens[from]
    const last = this.tokens[to - 1]
    if (first === undefined || last === undefined || to <= from) return { start: 0, end: 0 }
    return { start: first.start, end: last.end }
  }
}
