/** Keys of models by the names that code has for them. */
export class ModelNames {
  readonly #keys = new Map<string, Set<string>>()

  add(name: string, key: string): void {
    this.#keys.set(name, (this.#keys.get(name) ?? new Set()).add(key))
  }

  /** Null for an unknown name, and for one that several models bear. */
  find(name: string | null): string | null {
    const keys = name === null ? undefined : this.#keys.get(name)
    return keys?.size === 1 ? [...keys][0]! : null
  }
}
