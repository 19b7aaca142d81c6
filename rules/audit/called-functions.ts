import type { SqlFunction } from '../schema/schema.ts'
import { functionsCalled, functionsInBody } from '../sql/plain-functions.ts'
import type { Statement } from '../sql/statement.ts'

/** Follows the functions that statements call into their bodies, where the schema has them. */
export class CalledFunctions {
  readonly #functions: readonly SqlFunction[]
  readonly #confinedStatements: (body: string) => readonly Statement[] | null
  readonly #known = new Map<string, string | null>()
  readonly #busy = new Set<string>()

  /** `confinedStatements` answers with the statements of a body that touches only rows of the tenant, else with null. */
  constructor(
    functions: readonly SqlFunction[],
    confinedStatements: (body: string) => readonly Statement[] | null,
  ) {
    this.#functions = functions
    this.#confinedStatements = confinedStatements
  }

  /** Why what a statement calls cannot be told to touch only rows of the tenant, one reason for each function. */
  unseenIn(statement: Statement): readonly string[] {
    return functionsCalled(statement).flatMap((name) => this.#unseen(name) ?? [])
  }

  #unseen(name: string): string | null {
    const known = this.#known.get(name)
    if (known !== undefined) return known
    // A function that calls itself is as good as the rest of it.
    if (this.#busy.has(name)) return null
    this.#busy.add(name)
    const found = this.#reason(name)
    this.#busy.delete(name)
    // What was found good while its callers are still being read may rest on them.
    if (found !== null || this.#busy.size === 0) this.#known.set(name, found)
    return found
  }

  #reason(name: string): string | null {
    const [bare, schema] = name.split('.').toReversed()
    const bodies = this.#functions.filter(
      (one) => one.name === bare && (schema === undefined || one.schema === schema),
    )
    if (bodies.length === 0) return `it calls ${name}(), whose body is not known`
    return bodies.every((one) => this.#isConfined(one))
      ? null
      : `it calls ${name}(), whose body is not shown to touch only rows of the tenant`
  }

  #isConfined({ language, body }: SqlFunction): boolean {
    if (language === 'plpgsql') {
      return functionsInBody(body)?.every((name) => this.#unseen(name) === null) === true
    }
    if (language !== 'sql') return false
    const statements = this.#confinedStatements(body)
    return statements?.every((statement) => this.unseenIn(statement).length === 0) === true
  }
}
