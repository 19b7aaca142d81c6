import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { init, killThreads } from 'z3-solver'
import { confine } from '../../rules/confinement/confine.ts'
import type { Condition, Operand, Statement } from '../../rules/sql/statement.ts'

/** Two mentions, each with a tenant key `k` and two more columns; all values are integers, all may be NULL. */
const columns = ['k', 'x', 'y'] as const

const column: fc.Arbitrary<Operand> = fc.record({
  kind: fc.constant('column' as const),
  occurrence: fc.constantFrom(0, 1),
  column: fc.constantFrom(...columns),
  span: fc.constant(null),
})

const tenant: Operand = { kind: 'parameter', index: 0, span: null }

const operand: fc.Arbitrary<Operand> = fc.oneof(
  { weight: 4, arbitrary: column },
  { weight: 3, arbitrary: fc.constant(tenant) },
  fc
    .constantFrom<number | null>(1, 2, null)
    .map((value): Operand => ({ kind: 'literal', value, span: null })),
)

const operators = ['=', '<>', '<', '>=', 'is distinct from', 'is not distinct from'] as const

const { condition } = fc.letrec<{ condition: Condition; atom: Condition }>((tie) => ({
  atom: fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('compare' as const),
        operator: fc.oneof(
          { weight: 3, arbitrary: fc.constant('=' as const) },
          fc.constantFrom(...operators),
        ),
        left: fc.oneof(
          { weight: 2, arbitrary: column },
          fc.constantFrom<Operand>(
            { kind: 'column', occurrence: 0, column: 'k', span: null },
            { kind: 'column', occurrence: 1, column: 'k', span: null },
          ),
        ),
        right: operand,
        span: fc.constant(null),
      }),
    },
    fc.record({
      kind: fc.constant('in' as const),
      operand: column,
      values: fc.array(operand, { minLength: 1, maxLength: 3 }),
      list: fc.constant(false),
      span: fc.constant(null),
    }),
    fc.record({ kind: fc.constant('isNull' as const), operand: column, span: fc.constant(null) }),
    fc.record({
      kind: fc.constant('constant' as const),
      value: fc.constantFrom(true, false, null),
      span: fc.constant(null),
    }),
  ),
  condition: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('atom'),
    fc.record({
      kind: fc.constantFrom('and' as const, 'and' as const, 'or' as const),
      operands: fc.array(tie('condition'), { minLength: 2, maxLength: 4 }),
    }),
    fc.record({ kind: fc.constant('not' as const), operand: tie('condition') }),
  ),
}))

/** An integer that may be NULL: the formula of its value and of its being NULL. */
interface Number {
  readonly value: string
  readonly isNull: string
}

/** Formulas of a condition being TRUE and being FALSE; neither means UNKNOWN. */
interface Truth {
  readonly isTrue: string
  readonly isFalse: string
}

function numberOf(part: Operand): Number {
  if (part.kind === 'column') {
    const name = `${part.column}${part.occurrence}`
    return { value: name, isNull: `${name}null` }
  }
  if (part.kind === 'literal') {
    return part.value === null
      ? { value: '0', isNull: 'true' }
      : { value: String(part.value), isNull: 'false' }
  }
  return { value: 'tenant', isNull: 'false' }
}

const all = (parts: readonly string[]): string => `(and true ${parts.join(' ')})`
const any = (parts: readonly string[]): string => `(or false ${parts.join(' ')})`

function compare(operator: string, left: Number, right: Number): Truth {
  const known = `(and (not ${left.isNull}) (not ${right.isNull}))`
  const equal = `(= ${left.value} ${right.value})`
  const same = `(or (and ${left.isNull} ${right.isNull}) (and ${known} ${equal}))`
  if (operator === 'is not distinct from') return { isTrue: same, isFalse: `(not ${same})` }
  if (operator === 'is distinct from') return { isTrue: `(not ${same})`, isFalse: same }
  const holds =
    operator === '='
      ? equal
      : operator === '<>'
        ? `(not ${equal})`
        : `(${operator} ${left.value} ${right.value})`
  return { isTrue: `(and ${known} ${holds})`, isFalse: `(and ${known} (not ${holds}))` }
}

/** SQL's three-valued logic, written down independently of the procedure under test. */
function encode(part: Condition): Truth {
  switch (part.kind) {
    case 'and':
    case 'or': {
      const truths = part.operands.map(encode)
      const trues = truths.map((truth) => truth.isTrue)
      const falses = truths.map((truth) => truth.isFalse)
      return part.kind === 'and'
        ? { isTrue: all(trues), isFalse: any(falses) }
        : { isTrue: any(trues), isFalse: all(falses) }
    }
    case 'not': {
      const { isTrue, isFalse } = encode(part.operand)
      return { isTrue: isFalse, isFalse: isTrue }
    }
    case 'constant':
      return { isTrue: String(part.value === true), isFalse: String(part.value === false) }
    case 'isNull': {
      const { isNull } = numberOf(part.operand)
      return { isTrue: isNull, isFalse: `(not ${isNull})` }
    }
    case 'compare':
      return compare(part.operator, numberOf(part.left), numberOf(part.right))
    case 'in': {
      const truths = part.values.map((value) => compare('=', numberOf(part.operand), numberOf(value)))
      return { isTrue: any(truths.map((t) => t.isTrue)), isFalse: all(truths.map((t) => t.isFalse)) }
    }
    default:
      throw new Error(`not generated: ${part.kind}`)
  }
}

function statementOf(where: Condition): Statement {
  const from = [0, 1].map((id) => ({
    kind: 'relation' as const,
    id,
    relation: { schema: null, name: `t${id}` },
    alias: null,
    access: 'read' as const,
    span: null,
  }))
  return {
    parameters: [{ name: '$1', span: null }],
    block: {
      kind: 'select',
      ctes: [],
      span: null,
      from,
      where,
      having: null,
      outputs: [],
      merges: false,
      limited: false,
      others: [],
    },
  }
}

/** Formulas in one script: short ones are read while they are in memory for sure. */
const scriptLength = 500

/** Sends a script to a context of its own, so that it can be sent again. */
type Ask = (script: string) => Promise<string>

/** Asks Z3 whether each formula is unsatisfiable. */
async function unsatisfiable(formulas: readonly string[]): Promise<boolean[]> {
  const { Z3, em } = await init()
  const ask: Ask = (script) => Z3.eval_smtlib2_string(Z3.mk_context(Z3.mk_config()), script)
  const found: boolean[] = []
  try {
    for (let start = 0; start < formulas.length; start += scriptLength) {
      const part = formulas.slice(start, start + scriptLength)
      const answers = await answersTo(part, ask)
      found.push(...answers.map((answer) => answer === 'unsat'))
    }
    return found
  } finally {
    await killThreads(em)
  }
}

/** Z3's thread reads the script while the main thread may reuse its memory: one that was garbled on the way is sent again. */
async function answersTo(formulas: readonly string[], ask: Ask): Promise<readonly string[]> {
  const names = [0, 1].flatMap((id) => columns.map((name) => `${name}${id}`))
  const declarations = names.map((name) => `(declare-const ${name} Int)(declare-const ${name}null Bool)`)
  const checks = formulas.map((formula) => `(push)(assert ${formula})(check-sat)(pop)`)
  const script = `(declare-const tenant Int)${declarations.join('')}${checks.join('')}`
  let text = await ask(script)
  for (let again = 0; again < 3 && text.includes('(error'); again++) text = await ask(script)
  const answers = text.trim().split('\n')
  expect(answers).toHaveLength(formulas.length)
  expect(answers.filter((answer) => answer !== 'sat' && answer !== 'unsat')).toEqual([])
  return answers
}

describe('verdicts against Z3', () => {
  it('claims nothing that Z3 refutes', async () => {
    const conditions = fc.sample(condition, {
      seed: 42,
      numRuns: Number(process.env['WATERTIGHT_DIFFERENTIAL'] ?? 600),
    })
    const claims = conditions.flatMap((where) =>
      confine(
        statementOf(where),
        () => ({ kind: 'owned', column: 'k' }),
        (value) => (value.kind === 'parameter' ? 'tenant' : 'other'),
      ).map(({ occurrence, verdict }) => ({ where, id: occurrence.id, verdict })),
    )
    const proofs = await unsatisfiable(
      claims.map(({ where, id }) => `(and ${encode(where).isTrue} (or k${id}null (not (= k${id} tenant))))`),
    )
    const refuted = claims.filter(({ verdict }, index) => verdict.kind === 'confined' && !proofs[index])
    const provable = claims.filter((_, index) => proofs[index])
    const claimed = provable.filter(({ verdict }) => verdict.kind === 'confined')
    const share = claimed.length / provable.length
    console.log(
      `${claims.length} mentions under random conditions: Z3 proves ${provable.length}, ` +
        `of these ${(100 * share).toFixed(1)} % are called confined; ${refuted.length} are called so against Z3`,
    )
    expect(refuted).toEqual([])
    expect(provable.length).toBeGreaterThan(50)
    expect(share).toBeGreaterThan(0.8)
  }, 3_000_000)
})
