/** Where a value came from, and whether it may be absent. */
export type Provenance = Origin & {
  /** The value may be `undefined`, `null` or `''` at run time, as far as the code or its types show. */
  readonly nullable: boolean
}

export type Origin =
  /** Named in the tenancy model's `trusted`, or derived from it. */
  | { readonly kind: 'trusted'; readonly path: string }
  /** Body, query, path parameter, header: chosen by whoever sends the request. */
  | { readonly kind: 'request'; readonly path: string }
  /** The program wrote it itself; `written` is its text where it is no plain constant (`new Date()`, `[1, 2]`). */
  | {
      readonly kind: 'literal'
      readonly value: string | number | boolean | null
      readonly written?: string
    }
  /** A column of a row that a query in sight returned. */
  | { readonly kind: 'row'; readonly path: string }
  /** A parameter of the enclosing function: depends on the callers. */
  | { readonly kind: 'parameter'; readonly path: string }
  | { readonly kind: 'unknown'; readonly path: string }
