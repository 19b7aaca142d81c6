import { Problem } from '../../rules/problem.ts'
import { hash } from '../generate/random.ts'
import type { LoadedTarget } from '../target/load.ts'
import { canonicalType } from '../target/resources.ts'
import type { ProvisionedTenant, StartedService, TenantSeed } from '../target/target.ts'
import { CanaryRegistry } from './canaries.ts'
import { IdentifierRegistry } from './identifiers.ts'
import { Lexicon } from './lexicon.ts'
import { Pool, type Pooled } from './pool.ts'
import type { Actor, Role, Tenant } from './tenant.ts'

/** How a tenant's content differs from world to world. */
export interface Content {
  readonly salt: string
  readonly rows: number
}

/** Rows of each kind that a tenant gets where nothing is to be told apart. */
export const usualContent: Content = { salt: 'usual', rows: 3 }

/** One running instance of the service with its tenants, and what is known of who owns what. */
export class World {
  readonly loaded: LoadedTarget
  readonly service: StartedService
  readonly canaries = new CanaryRegistry()
  readonly identifiers = new IdentifierRegistry()
  readonly lexicon = new Lexicon((text) => this.canaries.holds(text))
  readonly #seed: number
  /** Tells this run's tenants from those of earlier runs on a service that keeps its data; constant on a database of our own. */
  readonly #nonce: string
  readonly #labels = new Map<number, string>()
  #next = 0

  constructor(loaded: LoadedTarget, service: StartedService, seed: number, nonce: string) {
    this.loaded = loaded
    this.service = service
    this.#seed = seed
    this.#nonce = nonce
  }

  get tenants(): number {
    return this.#labels.size
  }

  nameOf(tenant: number): string {
    return this.#labels.get(tenant) ?? 'another tenant'
  }

  /** @throws Problem E-TARGET-PROVISION, E-TARGET-AUTH */
  async provision(role: Role, content: Content = usualContent): Promise<Tenant> {
    const index = this.#next++
    this.#labels.set(index, role)
    const slug = `t${index}x${hash(this.#seed, this.#nonce, index).toString(36)}`
    const provisioned = await this.#provision(this.#seedOf(index, slug, content), role)
    const actors = await this.#authenticate(provisioned, role)
    const pool = new Pool()
    this.identifiers.own(provisioned.id, index, true)
    for (const entry of pooledOf(provisioned)) {
      pool.add(entry)
      this.identifiers.own(entry.id, index, true)
    }
    return { index, role, label: role, slug, provisioned, actors, pool, planted: new Set() }
  }

  /** A canary for something that the tenant creates through the service itself. */
  plant(tenant: Tenant, label: string): string {
    return this.canaries.plant(hash(this.#seed, this.#nonce), tenant.index, 'census', label)
  }

  /** An attacker was replaced: what it owned is forgotten. A victim's stays known, for it may still leak. */
  retire(tenant: Tenant): void {
    if (tenant.role !== 'attacker') return
    this.canaries.forget(tenant.index)
    this.identifiers.forget(tenant.index)
    this.#labels.delete(tenant.index)
  }

  #seedOf(index: number, slug: string, content: Content): TenantSeed {
    return {
      index,
      slug,
      salt: content.salt,
      rows: content.rows,
      canary: (label) => this.canaries.plant(hash(this.#seed, this.#nonce), index, content.salt, label),
      collide: (label) => {
        const text = `shared-${label.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`
        this.lexicon.share(text)
        return text
      },
    }
  }

  async #provision(seed: TenantSeed, role: Role): Promise<ProvisionedTenant> {
    const { target } = this.loaded
    const refuse = (reason: string, cause?: unknown): Problem =>
      new Problem(
        'E-TARGET-PROVISION',
        `${target.name}: the ${role} tenant cannot be provisioned: ${reason}.`,
        'Run the requests of `provision` by hand; every name must come from its seed.',
        { cause },
      )
    let provisioned: ProvisionedTenant
    try {
      provisioned = await target.provision(seed, this.service)
    } catch (cause) {
      if (cause instanceof Problem) throw cause
      throw refuse(messageOf(cause), cause)
    }
    const faults = faultsOf(provisioned)
    if (faults !== null) throw refuse(faults)
    return provisioned
  }

  async #authenticate(provisioned: ProvisionedTenant, role: Role): Promise<Actor[]> {
    const { target } = this.loaded
    try {
      return await Promise.all(
        provisioned.actors.map(async (actor) => ({
          name: actor.name,
          role: actor.role,
          credentials: await target.authenticate(actor, provisioned, this.service),
        })),
      )
    } catch (cause) {
      throw new Problem(
        'E-TARGET-AUTH',
        `${target.name}: an actor of the ${role} tenant cannot authenticate: ${messageOf(cause)}.`,
        'Try the credentials that `provision` returns with `authenticate` by hand.',
        { cause },
      )
    }
  }
}

function faultsOf(provisioned: ProvisionedTenant): string | null {
  if (typeof provisioned?.id !== 'string' || provisioned.id === '') return '`provision` returned no tenant id'
  if (!Array.isArray(provisioned.actors) || provisioned.actors.length === 0)
    return '`provision` returned no actor'
  if (!Array.isArray(provisioned.resources)) return '`provision` returned no list of resources'
  const bad = provisioned.resources.find(({ id, type }) => typeof id !== 'string' || typeof type !== 'string')
  return bad === undefined ? null : `a resource has no text as type and id (${JSON.stringify(bad)})`
}

/** Resources with the chain of what they lie in. */
function pooledOf(provisioned: ProvisionedTenant): Pooled[] {
  const byKey = new Map<string, Pooled>()
  const key = (type: string, id: string): string => `${canonicalType(type)} ${id}`
  for (const { type, id, parent } of provisioned.resources) {
    const parents: Record<string, string> = {}
    if (parent !== undefined) {
      Object.assign(parents, byKey.get(key(parent.type, parent.id))?.parents)
      parents[canonicalType(parent.type)] = parent.id
    }
    byKey.set(key(type, id), { type: canonicalType(type), id, parents })
  }
  return [...byKey.values()]
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
