import type { Comparison, Condition, Operand } from '../sql/statement.ts'
import { all, always, both, either, type Branches, type Fact, type Term } from './facts.ts'
import type { Environment } from './space.ts'

/** A sub-query found in an expression: its number, and what a returned row proves. */
export interface Witness {
  readonly query: number
  readonly facts: Branches
  readonly outputs: readonly (Term | null)[]
}

/** What turning conditions into branches needs to know about names and sub-queries. */
export interface Resolver {
  readonly term: (operand: Operand, environment: Environment) => Term
  readonly columns: (operand: Operand, environment: Environment) => readonly Term[]
  readonly subqueries: (operand: Operand, environment: Environment) => readonly number[]
  readonly witness: (condition: Condition | Operand, environment: Environment) => Witness
}

type Body = Fact extends infer F ? (F extends Fact ? Omit<F, 'source' | 'within'> : never) : never

const inverse: Readonly<Record<Comparison, Comparison | null>> = {
  '=': '<>',
  '<>': '=',
  '<': '>=',
  '>=': '<',
  '>': '<=',
  '<=': '>',
  'is distinct from': 'is not distinct from',
  'is not distinct from': 'is distinct from',
  like: null,
  ilike: null,
  similar: null,
  regex: null,
}

/** Turns predicates into the branches in which they are TRUE, or FALSE, under three-valued logic. */
export class Predicates {
  private readonly resolver: Resolver

  constructor(resolver: Resolver) {
    this.resolver = resolver
  }

  /** The branches in which the condition has this value. Each says at least what then holds, never more. */
  branches(condition: Condition, value: boolean, environment: Environment): Branches {
    const inner = (operand: Condition): Branches => this.branches(operand, value, environment)
    switch (condition.kind) {
      case 'and':
        return value ? all(condition.operands.map(inner)) : either(condition.operands.map(inner))
      case 'or':
        return value ? either(condition.operands.map(inner)) : all(condition.operands.map(inner))
      case 'not':
        return this.branches(condition.operand, !value, environment)
      case 'constant':
        return condition.value === value ? always : this.one(condition, { kind: 'never' })
      case 'isNull': {
        const term = this.resolver.term(condition.operand, environment)
        const fact: Body = value ? { kind: 'isNull', term } : { kind: 'notNull', term }
        const weak = this.weak(condition, [condition.operand], environment)
        return both(this.one(condition, fact), weak)
      }
      case 'truth':
        return this.weak(condition, [condition.operand], environment)
      case 'opaque':
        return this.opaque(condition, condition.mentions, condition.reason, environment)
      case 'optional':
        return this.optional(condition, value, environment)
      case 'compare':
        return this.compare(condition, value, environment)
      case 'in':
        return value ? this.within(condition, environment) : this.notWithin(condition, environment)
      case 'inQuery':
      case 'exists':
        return this.subquery(condition, value, environment)
    }
  }

  private one(source: Condition | null, ...facts: readonly Body[]): Branches {
    return [facts.map((fact): Fact => ({ ...fact, source, within: [] }))]
  }

  private weak(source: Condition, operands: readonly Operand[], environment: Environment): Branches {
    const terms = operands.flatMap((operand) => this.resolver.columns(operand, environment))
    return both(this.one(source, { kind: 'weak', terms }), this.queries(source, operands, environment))
  }

  private queries(source: Condition, operands: readonly Operand[], environment: Environment): Branches {
    const found = operands.flatMap((operand) => this.resolver.subqueries(operand, environment))
    return this.one(source, ...found.map((query): Body => ({ kind: 'query', query, terms: [] })))
  }

  private opaque(
    source: Condition,
    mentions: readonly Operand[],
    reason: string,
    environment: Environment,
  ): Branches {
    const terms = mentions.flatMap((operand) => this.resolver.columns(operand, environment))
    return both(
      this.one(source, { kind: 'opaque', terms, reason }),
      this.queries(source, mentions, environment),
    )
  }

  private optional(
    condition: Extract<Condition, { kind: 'optional' }>,
    value: boolean,
    environment: Environment,
  ): Branches {
    const inner = this.branches(condition.condition, value, environment)
    const queries = inner.flat().filter((fact) => fact.kind === 'query' && fact.within.length === 0)
    const { reason } = condition
    return both(this.one(condition, { kind: 'optional', inner, reason }), [queries])
  }

  private compare(
    condition: Extract<Condition, { kind: 'compare' }>,
    value: boolean,
    environment: Environment,
  ): Branches {
    const operator = value ? condition.operator : inverse[condition.operator]
    const operands = [condition.left, condition.right]
    const [left, right] = operands.map((operand) => this.resolver.term(operand, environment)) as [Term, Term]
    const weak = this.weak(condition, operands, environment)
    if (operator === '=' || operator === 'is not distinct from') {
      const nullSafe = operator !== '='
      // A scalar sub-query that equals something has returned a row.
      const proofs = nullSafe ? always : all(operands.map((operand) => this.proof(operand, environment)))
      const never: Body[] = !nullSafe && [left, right].some(isNull) ? [{ kind: 'never' }] : []
      const equal = this.one(condition, { kind: 'equal', left, right, nullSafe }, ...never)
      return both(equal, both(proofs, weak))
    }
    if (operator === 'is distinct from') {
      const other = isNull(left) ? right : isNull(right) ? left : null
      return other === null ? weak : both(this.one(condition, { kind: 'notNull', term: other }), weak)
    }
    const facts: Body[] = [
      { kind: 'notNull', term: left },
      { kind: 'notNull', term: right },
    ]
    if (operator === '<>') facts.push({ kind: 'differ', left, right })
    if ([left, right].some(isNull)) facts.push({ kind: 'never' })
    return both(this.one(condition, ...facts), weak)
  }

  private proof(operand: Operand, environment: Environment): Branches {
    if (operand.kind !== 'subquery') return always
    const { query, facts } = this.resolver.witness(operand, environment)
    return tagged(facts, query)
  }

  private within(condition: Extract<Condition, { kind: 'in' }>, environment: Environment): Branches {
    const values = condition.values.filter((value) => !(value.kind === 'literal' && value.value === null))
    const term = this.resolver.term(condition.operand, environment)
    if (isNull(term) || values.length === 0) return this.one(condition, { kind: 'never' })
    const terms = values.map((value) => this.resolver.term(value, environment))
    const weak = this.weak(condition, [condition.operand, ...values], environment)
    const fact: Body =
      terms.length === 1 && !condition.list
        ? { kind: 'equal', left: term, right: terms[0]!, nullSafe: false }
        : { kind: 'member', term, values: terms }
    const single = terms.length === 1 && !condition.list
    const proofs = single ? this.proof(values[0]!, environment) : always
    return both(this.one(condition, fact), both(proofs, weak))
  }

  private notWithin(condition: Extract<Condition, { kind: 'in' }>, environment: Environment): Branches {
    const term = this.resolver.term(condition.operand, environment)
    const weak = this.weak(condition, [condition.operand, ...condition.values], environment)
    if (condition.list) return weak
    const facts = condition.values.map((value): Body => {
      const right = this.resolver.term(value, environment)
      return isNull(right) || isNull(term) ? { kind: 'never' } : { kind: 'differ', left: term, right }
    })
    return both(this.one(condition, ...facts), weak)
  }

  private subquery(
    condition: Extract<Condition, { kind: 'inQuery' | 'exists' }>,
    value: boolean,
    environment: Environment,
  ): Branches {
    const { query, facts, outputs } = this.resolver.witness(condition, environment)
    const operands = condition.kind === 'inQuery' ? condition.operands : []
    const terms = operands.map((operand) => this.resolver.term(operand, environment))
    const weak = this.weak(condition, operands, environment)
    const here = both(this.one(condition, { kind: 'query', query, terms }), weak)
    if (!value) return here
    const equal = terms.flatMap((left, index): Body[] => {
      const right = outputs[index] ?? null
      return right === null
        ? [{ kind: 'notNull', term: left }]
        : [{ kind: 'equal', left, right, nullSafe: false }]
    })
    return both(both(here, this.one(condition, ...equal)), tagged(facts, query))
  }
}

const isNull = (term: Term): boolean => term.operand?.kind === 'literal' && term.operand.value === null

/** Marks facts about a witness row, so that the sub-query is not judged by what it itself says. */
export function tagged(facts: Branches, query: number): Branches {
  return facts.map((branch) => branch.map((fact) => ({ ...fact, within: [...fact.within, query] })))
}
