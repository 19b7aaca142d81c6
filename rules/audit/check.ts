import type { Origin, Schema } from '../schema/schema.ts'
import type { Tenancy } from '../tenancy/tenancy.ts'

/** `open`: data leaks. `closed`: tenants are locked out of their own data. */
export type Direction = 'open' | 'closed'

/** One hole in the schema. @public */
export interface AuditFinding {
  /** `<check>/<key>`: stable across runs, files and line numbers, for baselines. */
  readonly id: string
  readonly check: string
  readonly direction: Direction
  /** The object at fault, as SQL names it: `public.projects`, `policy p on public.projects`. */
  readonly object: string
  readonly origin: Origin | null
  /** Names the object, says what is wrong and what to do, imperative. */
  readonly message: string
  /** SQL that closes the hole, null when it needs a decision. */
  readonly fix: string | null
  /** Identity within the check: the object and what distinguishes two holes on it. */
  readonly key: string
}

/** What was decided about the policies of one table for one command. @public */
export interface PolicyVerdict {
  readonly table: string
  readonly command: 'select' | 'insert' | 'update' | 'delete'
  readonly verdict: 'confined' | 'leak' | 'unknown'
  /** A row that the acting tenant could touch though it is not its own, column → value; null unless `leak`. */
  readonly counterexample: Readonly<Record<string, string | null>> | null
  readonly reason: string
}

export interface AuditContext {
  readonly schema: Schema
  readonly tenancy: Tenancy
}

/** One check = one file = one docs page = one test. */
export interface AuditCheck {
  readonly id: string
  readonly direction: Direction
  /** One line, what it finds. */
  readonly title: string
  /** Number in the catalogue of holes (`docs/audit/README.md`). */
  readonly catalogue: number
  readonly run: (context: AuditContext) => Iterable<Omit<AuditFinding, 'id' | 'check' | 'direction'>>
}
