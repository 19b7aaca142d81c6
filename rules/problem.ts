/**
 * The one catalogue of errors that a user can meet. Each has a stable code, one sentence on what is wrong and one on what
 * to do next; the command line prints them without a stack trace. Anything thrown that is no {@link Problem} is a defect.
 */

/** Code → exit code. 2 is usage or configuration, 3 is infrastructure. `docs/problems.md` explains each code. */
export const problemCodes = {
  'E-USAGE': 2,
  'E-TENANCY-MISSING': 2,
  'E-TENANCY-SYNTAX': 2,
  'E-TENANCY-INVALID': 2,
  'E-TENANCY-RELATION': 2,
  'E-SCHEMA-MISSING': 2,
  'E-SCHEMA-SYNTAX': 2,
  'E-PARSER-MISSING': 2,
  'E-TARGET-MISSING': 2,
  'E-TARGET-INVALID': 2,
  'E-OPENAPI': 2,
  'E-RECEIPT': 2,
  'E-MUTANT': 2,
  'E-EVENTS': 2,
  'E-HOST': 2,
  'E-REPORT': 2,
  'E-DATABASE-NONE': 3,
  'E-DATABASE-CONNECT': 3,
  'E-TARGET-START': 3,
  'E-TARGET-AUTH': 3,
  'E-TARGET-PROVISION': 3,
  'E-TARGET-DIED': 3,
  'E-INTERRUPTED': 3,
  'E-INTERNAL': 3,
} as const

export type ProblemCode = keyof typeof problemCodes

/**
 * A problem that the user can mend.
 *
 * @public
 */
export class Problem extends Error {
  readonly code: ProblemCode
  /** What to do next, imperative. */
  readonly next: string

  constructor(code: ProblemCode, message: string, next: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'Problem'
    this.code = code
    this.next = next
  }

  get exitCode(): number {
    return problemCodes[this.code]
  }
}

/** Whatever was thrown, as something to show; what is no {@link Problem} is a defect, told in one line and without its stack. @internal */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return new Problem(
    'E-INTERNAL',
    `watertight failed: ${text.split('\n')[0]}`,
    'Run it again with WATERTIGHT_DEBUG=1 and report what it prints.',
    { cause: error },
  )
}
