import type { Operand } from '../sql/statement.ts'
import type { Term } from './facts.ts'

/** Makes one term per value, so that terms can be compared by identity. */
export class Terms {
  private readonly known = new Map<string, Term>()

  column(row: number, column: string): Term {
    return this.intern(`column ${row} ${column}`, { row, column, operand: null, mentions: [] })
  }

  /** A name that could not be bound to one mention. Two of them are never known to be the same. */
  unbound(column: string): Term {
    return { row: null, column, operand: null, mentions: [] }
  }

  constant(operand: Operand): Term {
    const term = { row: null, column: null, operand, mentions: [] }
    if (operand.kind === 'parameter') return this.intern(`parameter ${operand.index}`, term)
    if (operand.kind === 'literal') {
      return this.intern(`literal ${typeof operand.value} ${operand.value}`, term)
    }
    // Where both are not NULL they are the same; where the setting is '' they are not, and then `=` is not TRUE.
    if (operand.kind === 'setting') return this.intern(`setting ${operand.name} ${operand.emptyIsNull}`, term)
    return term
  }

  /** A call or an opaque expression: a value of its own, even if the same text stands elsewhere. */
  expression(operand: Operand, mentions: readonly Term[]): Term {
    return { row: null, column: null, operand, mentions }
  }

  private intern(key: string, term: Term): Term {
    const found = this.known.get(key)
    if (found !== undefined) return found
    this.known.set(key, term)
    return term
  }
}

/** Every column that a term speaks of. */
export function columnsIn(term: Term): readonly Term[] {
  if (term.column !== null) return [term]
  return term.mentions.flatMap(columnsIn)
}
