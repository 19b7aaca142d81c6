/** How `watertight init` came to one entry. @public */
export interface InferenceNote {
  /** The relation it is about, null for the whole model. */
  readonly relation: string | null
  /** The decision should be looked at by a person. */
  readonly unsure: boolean
  readonly text: string
}

/** What an entry of `tenancy.json` will say. */
export type Decision =
  | { readonly owned: string }
  | { readonly ownedThrough: readonly [string, string, string?] }
  | { readonly global: string }
  | { readonly root: string }
  | { readonly unknown: string }
