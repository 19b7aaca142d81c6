/** A cache of bounded size: what was not asked for the longest goes first. */
export class Recent<Value> {
  readonly #limit: number
  readonly #known = new Map<string, Value>()

  constructor(limit: number) {
    this.#limit = limit
  }

  get(key: string): Value | undefined {
    const value = this.#known.get(key)
    if (value === undefined) return undefined
    this.#known.delete(key)
    this.#known.set(key, value)
    return value
  }

  set(key: string, value: Value): void {
    this.#known.delete(key)
    this.#known.set(key, value)
    if (this.#known.size <= this.#limit) return
    const [oldest] = this.#known.keys()
    this.#known.delete(oldest!)
  }
}
