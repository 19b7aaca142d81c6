import type fc from 'fast-check'
import { ghostOf } from '../model/ghost.ts'
import type { Lexicon } from '../model/lexicon.ts'
import type { Pooled } from '../model/pool.ts'
import type { Relation } from '../run/events.ts'
import type { Operation } from '../target/target.ts'
import { dropDoubles, ensurePlace, fillPlaces, hasPlace, isNumericPlace, removePlace } from './body.ts'
import { chosenFor, ownFor, type Stock } from './choice.ts'
import { senderOf } from './credentials.ts'
import type { Hint } from './hints.ts'
import { applyHostility } from './hostile.ts'
import { isCursor, pageSize } from './cursors.ts'
import type { Prepared } from './prepared.ts'
import { draw, hash } from './random.ts'
import type { Slot } from './slots.ts'
import { payloadOf, type Step } from './trial.ts'
import { wordOf } from './words.ts'

/** Who acts on whom, with which pools. */
export interface Scene extends Stock {
  readonly prepared: ReadonlyMap<string, Prepared>
  readonly hints: readonly Hint[]
  readonly tenantFields: readonly string[]
  readonly payloads: Map<string, string>
  /** Texts that only the victim uses; given in twin worlds. */
  readonly dictionary: readonly string[]
  readonly lexicon: Lexicon
}

/** What a request names, with ids and hints in place. */
export interface Resolved {
  readonly prepared: Prepared
  readonly step: Step
  readonly relation: Relation
  readonly method: Operation['method']
  readonly path: string
  readonly headers: Record<string, string | string[]>
  readonly host: string | null
  readonly body: unknown
  readonly filled: readonly { readonly slot: Slot; readonly id: string; readonly relation: Relation }[]
  readonly sent: ReadonlySet<string>
  readonly named: readonly number[]
  /** The victim is named by an id or a field, whatever a hint says besides. */
  readonly namesForeign: boolean
  readonly hinted: Hint | null
}

/** Differences between the requests of a pair. */
export interface Variation {
  /** Foreign ids are replaced by ghosts of this salt. */
  readonly ghost?: number
  /** The hint is left out, or names a tenant that does not exist. */
  readonly hint?: 'without' | 'ghost'
}

/** Resolves a step; null when a pool has no id for a slot that cannot stay empty. */
export function resolveStep(step: Step, scene: Scene, variation: Variation = {}): Resolved | null {
  const prepared = scene.prepared.get(step.operation)
  if (prepared === undefined) return null
  const request = new Draft(step, scene, prepared, variation)
  return request.fill() ? request.resolved() : null
}

/** A request while it is put together. */
class Draft {
  readonly #step: Step
  readonly #scene: Scene
  readonly #prepared: Prepared
  readonly #variation: Variation
  readonly #filled: { slot: Slot; id: string; relation: Relation }[] = []
  readonly #path = new Map<string, string>()
  readonly #query: [string, string][] = []
  readonly #headers: Record<string, string | string[]> = {}
  readonly #named = new Set<number>()
  readonly #sent = new Set<string>()
  #body: unknown = undefined
  #host: string | null = null
  #namesForeign = false
  #hinted: Hint | null = null

  constructor(step: Step, scene: Scene, prepared: Prepared, variation: Variation) {
    this.#step = step
    this.#scene = scene
    this.#prepared = prepared
    this.#variation = variation
  }

  fill(): boolean {
    const { operation, body } = this.#prepared
    if (body !== null) this.#body = this.#payload(operation.id, body)
    if (!this.#fillSlots()) return false
    this.#fillPlain()
    const sender = senderOf(this.#step, this.#scene.attacker, this.#scene.victim)
    for (const [name, value] of sender.headers) this.#headers[name] = value
    for (const [name, value] of sender.query) this.#query.push([name, value])
    this.#host = sender.host
    if (this.#step.hostility !== null) this.#harm(this.#step.hostility)
    this.#namesForeign = this.#named.size > 0
    if (this.#step.hint !== null && this.#variation.hint !== 'without') this.#hint(this.#step.hint)
    return true
  }

  #payload(operation: string, arbitrary: fc.Arbitrary<unknown>): unknown {
    const { payload } = this.#step
    if ('value' in payload) return JSON.parse(JSON.stringify(payload.value ?? null))
    const key = `${operation} ${payload.seed}`
    let text = this.#scene.payloads.get(key)
    if (text === undefined) {
      text = payloadOf(arbitrary, operation, payload.seed)
      this.#scene.payloads.set(key, text)
    }
    return JSON.parse(text)
  }

  #fillSlots(): boolean {
    const { slots } = this.#prepared
    let leaf: Pooled | null = null
    // The innermost path slot chooses; those before it follow from where it lies.
    for (let index = slots.length - 1; index >= 0; index--) {
      const slot = slots[index]!
      const relation = this.#relationOf(index)
      const focused = this.#step.focus === index || (this.#step.focus === -1 && relation !== 'own')
      if (!this.#wanted(slot, index, focused)) continue
      const inner: Pooled | null =
        slot.in === 'path' && leaf !== null && relation === this.#relationOf(index + 1) ? leaf : null
      const { ghost } = this.#variation
      const entry = chosenFor(slot, relation, inner, this.#step, this.#prepared.operation, this.#scene, ghost)
      if (entry === null) {
        if (slot.in === 'path' || slot.required) return false
        if (slot.in === 'body') removePlace(this.#body, slot.name)
        if (focused && this.#step.focus === index) return false
        continue
      }
      if (slot.in === 'path') leaf = entry
      this.#put(slot, entry, relation, focused)
    }
    return true
  }

  #relationOf(index: number): Relation {
    const { focus, relation } = this.#step
    if (relation === 'none') return 'own'
    return focus === -1 || focus === index ? relation : 'own'
  }

  #wanted(slot: Slot, index: number, focused: boolean): boolean {
    if (slot.in === 'path' || slot.required) return true
    if (this.#step.focus === index) return true
    if (slot.in === 'body') return hasPlace(this.#body, slot.name)
    if (this.#step.bare) return false
    if (focused && (!isCursor(slot.type) || this.#prepared.slots.length === 1)) return true
    return hash(this.#step.pick, slot.name) % 4 === 0
  }

  #put(slot: Slot, entry: Pooled, relation: Relation, focused: boolean): void {
    const { id } = entry
    this.#filled.unshift({ slot, id, relation })
    this.#sent.add(id)
    // A cursor says the victim's name inside.
    if (isCursor(slot.type) && /^(?:foreign|ghost)$/.test(relation))
      this.#sent.add(this.#scene.victim.provisioned.id)
    if (relation === 'foreign' && this.#variation.ghost === undefined)
      this.#named.add(this.#scene.victim.index)
    if (slot.in === 'path') this.#path.set(slot.name, id)
    else if (slot.in === 'query') this.#query.push([slot.name, id])
    else this.#putBody(slot, id, relation, focused)
  }

  #putBody(slot: Slot, id: string, relation: Relation, focused: boolean): void {
    if (typeof this.#body !== 'object' || this.#body === null) return
    const mixed = this.#step.hostility === 'mixed-ids' && slot.name.includes('[]')
    if (focused || mixed) ensurePlace(this.#body, slot.name, mixed ? 2 : 1)
    const numeric = (value: string): string | number =>
      /^\d{1,15}$/.test(value) && isNumericPlace(this.#prepared.operation.body?.schema, slot.name)
        ? Number(value)
        : value
    const own = ownFor(slot, this.#step, this.#prepared.operation.method, this.#scene.pool)
    const foreign = this.#scene.victim.pool.of(slot.type)
    fillPlaces(this.#body, slot.name, (position) => {
      if (mixed && position > 0 && foreign.length > 0) {
        const victims = foreign[(this.#step.pick + position) % foreign.length]!.id
        this.#sent.add(victims)
        this.#named.add(this.#scene.victim.index)
        return numeric(victims)
      }
      if (position > 0 && relation === 'own' && own.length > 0)
        return numeric(own[(this.#step.pick + position) % own.length]!.id)
      return numeric(id)
    })
    dropDoubles(this.#body, slot.name)
  }

  #fillPlain(): void {
    for (const parameter of this.#prepared.plain) {
      const value = this.#plainValue(parameter)
      if (value === null || value === undefined) continue
      const text =
        typeof value === 'object'
          ? Array.isArray(value)
            ? value.join(',')
            : JSON.stringify(value)
          : String(value)
      if (parameter.in === 'path') this.#path.set(parameter.name, text)
      else if (parameter.in === 'query') this.#query.push([parameter.name, text])
      else this.#headers[parameter.name.toLowerCase()] = this.#headerValue(parameter.name, text)
    }
  }

  /** Undefined leaves the parameter out. */
  #plainValue(parameter: Prepared['plain'][number]): unknown {
    const { pick, hostility } = this.#step
    if (hostility === 'known-words' && parameter.in === 'query' && parameter.isText)
      return wordOf(this.#scene.lexicon.words(), pick)
    const isPaged = this.#prepared.slots.some(({ type }) => isCursor(type))
    const continues = this.#filled.some(({ slot }) => isCursor(slot.type))
    const isMandatory = parameter.in === 'path' || parameter.required
    if (this.#step.bare && !isMandatory) return undefined
    // A cursor belongs to the order and the filter in which it was given out: the plainest ones.
    if (isPaged && (continues || pick % 2 === 1)) {
      if (pageSize.test(parameter.name)) return parameter.least
      return isMandatory ? (parameter.usual ?? draw(parameter.values, 0)) : undefined
    }
    const random = hash(pick, parameter.name)
    return isMandatory || random % 3 === 0 ? draw(parameter.values, random % 256) : undefined
  }

  /** A declared tenant header names the actor's own tenant; other headers take what is printable. */
  #headerValue(name: string, generated: string): string {
    const { provisioned, slug } = this.#scene.attacker
    if (/(tenant|org|workspace|account)/i.test(name)) return /slug|name/i.test(name) ? slug : provisioned.id
    return generated.replace(/[^\x20-\x7e]/g, '')
  }

  #harm(hostility: NonNullable<Step['hostility']>): void {
    const { victim, tenantFields, dictionary, lexicon } = this.#scene
    const outcome = applyHostility(hostility, {
      body: this.#body,
      query: this.#query,
      pick: this.#step.pick,
      victim,
      tenantFields,
      dictionary,
      lexicon,
      schema: this.#prepared.operation.body?.schema,
      slots: this.#prepared.slots,
      produces: this.#prepared.operation.produces,
    })
    this.#body = outcome.body
    for (const id of outcome.sent) this.#sent.add(id)
    if (outcome.sent.length > 0) this.#named.add(victim.index)
  }

  #hint(index: number): void {
    const hint = this.#scene.hints[index]
    if (hint === undefined) return
    const { attacker, victim } = this.#scene
    const real = hint.value === 'id' ? victim.provisioned.id : victim.slug
    const value = this.#variation.hint === 'ghost' ? ghostOf(real, 1) : real
    const own = hint.value === 'id' ? attacker.provisioned.id : attacker.slug
    this.#sent.add(value)
    if (this.#variation.hint !== 'ghost') this.#named.add(victim.index)
    this.#hinted = hint
    const values = hint.manner === 'replace' ? [value] : hint.manner === 'first' ? [value, own] : [own, value]
    const { place } = hint
    if (place.in === 'header') {
      this.#headers[place.name.toLowerCase()] = values.length === 1 ? values[0]! : values
    } else if (place.in === 'query') {
      const others = this.#query.filter(([name]) => name !== place.name)
      this.#query.splice(
        0,
        this.#query.length,
        ...others,
        ...values.map((text): [string, string] => [place.name, text]),
      )
    } else if (place.in === 'subdomain')
      this.#host = `${value}${place.suffix.startsWith('.') ? '' : '.'}${place.suffix}`
  }

  resolved(): Resolved {
    const { operation } = this.#prepared
    const path = operation.path.replace(/\{([^}]+)\}/g, (_all, name: string) =>
      encodeURIComponent(this.#path.get(name) ?? 'x'),
    )
    const query = this.#query
      .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
      .join('&')
    const foreign = this.#named.size > 0 && this.#hinted === null
    return {
      prepared: this.#prepared,
      step: this.#step,
      relation:
        foreign && (this.#step.relation === 'own' || this.#step.relation === 'none')
          ? 'foreign'
          : this.#step.relation,
      method: operation.method,
      path: query === '' ? path : `${path}?${query}`,
      headers: this.#headers,
      host: this.#host,
      body: this.#body,
      filled: this.#filled,
      sent: this.#sent,
      named: [...this.#named],
      namesForeign: this.#namesForeign,
      hinted: this.#hinted,
    }
  }
}
