/** A value that several tenants hold legitimately: seeing it proves nothing. */
const shared = -1

/** Shorter ones, and bare numbers, occur by chance. */
const shortest = 10

/** Ids that tenants own: who may see which. Only values that nobody can hit by chance are evidence. */
export class IdentifierRegistry {
  readonly #owners = new Map<string, number>()
  readonly #firm = new Set<string>()
  readonly #lengths = new Set<number>()
  readonly #byTenant = new Map<number, Set<string>>()

  static telling(id: string): boolean {
    return id.length >= shortest && !/^[\d.:+TZ-]+$/.test(id) && /^[A-Za-z0-9_-]+$/.test(id) && /\d/.test(id)
  }

  /** Two owners make it shared. What the target itself says (`firm`) is not shaken by what was merely seen. */
  own(id: string, tenant: number, firm = false): void {
    if (!IdentifierRegistry.telling(id)) return
    const owner = this.#owners.get(id)
    if (owner !== undefined && owner !== tenant) {
      if (firm && !this.#firm.has(id)) this.#record(id, tenant)
      else if (firm || !this.#firm.has(id)) this.#owners.set(id, shared)
    } else if (owner === undefined) this.#record(id, tenant)
    if (firm) this.#firm.add(id)
  }

  #record(id: string, tenant: number): void {
    this.#owners.set(id, tenant)
    this.#lengths.add(id.length)
    const own = this.#byTenant.get(tenant) ?? new Set()
    this.#byTenant.set(tenant, own.add(id))
  }

  /** The one tenant that owns an id, undefined when nobody or several do. */
  ownerOf(id: string): number | undefined {
    const owner = this.#owners.get(id)
    return owner === shared ? undefined : owner
  }

  /** Drops what a replaced tenant owned, so that memory stays flat. */
  forget(tenant: number): void {
    for (const id of this.#byTenant.get(tenant) ?? []) {
      if (this.#owners.get(id) !== tenant) continue
      this.#owners.delete(id)
      this.#firm.delete(id)
    }
    this.#byTenant.delete(tenant)
  }

  countOf(tenant: number): number {
    return this.#byTenant.get(tenant)?.size ?? 0
  }

  /** Ids in a text whose one owner is not `viewer`. */
  *foreign(text: string, viewer: number): Iterable<{ readonly id: string; readonly tenant: number }> {
    if (this.#owners.size === 0) return
    for (const [id] of text.matchAll(wordPattern)) {
      if (!this.#lengths.has(id.length)) continue
      const owner = this.#owners.get(id)
      if (owner !== undefined && owner !== viewer && owner !== shared) yield { id, tenant: owner }
    }
  }
}

const wordPattern = /[A-Za-z0-9_-]{10,}/g
