/** What builders become by the writes to their variables, so that a long history is followed once and not for each use. */
export class Growth<Builder extends object> {
  readonly #known = new WeakMap<
    Builder,
    Map<object, { readonly reason: string | null; readonly after: Builder }>
  >()

  /** What a write, under a condition or none, made of a builder; null: that is not known yet. */
  of(before: Builder, write: object, reason: string | null): Builder | null {
    const known = this.#known.get(before)?.get(write)
    return known !== undefined && known.reason === reason ? known.after : null
  }

  keep(before: Builder, write: object, reason: string | null, after: Builder): void {
    const known = this.#known.get(before)
    if (known === undefined) this.#known.set(before, new Map([[write, { reason, after }]]))
    else known.set(write, { reason, after })
  }
}
