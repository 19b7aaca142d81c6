import type { CanaryRegistry } from '../model/canaries.ts'
import type { IdentifierRegistry } from '../model/identifiers.ts'
import type { Sharing } from '../target/target.ts'

/** What the oracles know besides the exchange. */
export interface View {
  readonly canaries: CanaryRegistry
  readonly identifiers: IdentifierRegistry
  /** Foreign ids that the actor has planted somewhere before: they may come back rightly. */
  readonly planted: ReadonlySet<string>
  /** As shown: `victim`. */
  readonly nameOf: (tenant: number) => string
  readonly sharing: readonly Sharing[]
  /** The clock of the campaign, for sharings that expire. */
  readonly now: Date
}

/** Is this field of this operation shared on purpose? */
export function isShared(view: View, operation: string, field: string): boolean {
  return view.sharing.some(
    (sharing) =>
      (sharing.operation === '*' || sharing.operation === operation) &&
      (sharing.until === undefined || new Date(sharing.until) >= view.now) &&
      (sharing.field === '*' || covers(sharing.field, field)),
  )
}

/** `/items/0/title`, `items[].title` and `title` mean the same field. */
function covers(declared: string, field: string): boolean {
  const plain = (path: string): string =>
    path
      .replace(/\[\d*\]|\/\d+(?=\/|$)|\/\*(?=\/|$)/g, '')
      .replace(/^\//, '')
      .replaceAll('/', '.')
  const wanted = plain(declared)
  const actual = plain(field)
  return actual === wanted || actual.startsWith(`${wanted}.`) || actual.endsWith(`.${wanted}`)
}
