import type { Decision, InferenceNote } from './decision.ts'
import { isPerson } from './identity.ts'
import { isTenants, judgeLeftOver, unconnected, unknown } from './left-over.ts'
import { isNullableByHabit, nullableKeyNotes } from './nullable-keys.ts'
import { parentsFirst } from './parents-first.ts'
import { compare, type TenantLevels } from './root.ts'
import { isRequired, type ReferenceShape, type RelationShape } from './shape.ts'
import { isAuthorship, isBookkeeping, namesPartOf } from './vocabulary.ts'

export type { Decision, InferenceNote }

/** How the rows of each relation belong to tenants; doubts are added to `notes`. */
export function decideOwners(
  relations: readonly RelationShape[],
  levels: TenantLevels,
  notes: InferenceNote[],
): ReadonlyMap<string, Decision> {
  return new Owners(relations, levels, notes).decide()
}

/** So many relations that nothing connects with a tenant are usual. */
const fewUnconnected = 10

/** Decides one relation after the other, parents before children. */
class Owners {
  private readonly decisions = new Map<string, Decision>()
  private readonly relations: readonly RelationShape[]
  private readonly levels: TenantLevels
  private readonly notes: InferenceNote[]

  constructor(relations: readonly RelationShape[], levels: TenantLevels, notes: InferenceNote[]) {
    this.relations = relations
    this.levels = levels
    this.notes = notes
  }

  decide(): ReadonlyMap<string, Decision> {
    for (const relation of this.relations) this.byKey(relation)
    this.byNullableKeys(this.levels.columns.filter((column) => isNullableByHabit(column, this.relations)))
    this.spread((reference, relation) => isRequired(relation, reference.columns))
    this.byNullableKeys(this.levels.columns)
    this.spread((reference, relation) => isRequired(relation, reference.columns))
    this.spread((reference, relation) => this.isOnlyOptionalParent(reference, relation))
    this.decideLeftOvers()
    for (const relation of this.relations) if (relation.kind === 'view') this.view(relation)
    return this.decisions
  }

  /** The root, bookkeeping, and relations with a tenant key that cannot be NULL. */
  private byKey(relation: RelationShape): void {
    if (relation.name === this.levels.root) {
      this.set(relation, { root: relation.primaryKey[0] ?? 'id' })
      return
    }
    if (isBookkeeping(relation.name)) {
      this.set(relation, { global: 'state of the migration tool' })
      return
    }
    if (relation.kind === 'view') return
    const column = this.levels.columns.find((name) => isRequired(relation, [name]))
    if (column !== undefined) this.set(relation, { owned: column })
    else this.byOddKey(relation)
  }

  /** A required reference to the root under a name of its own (`owner_org`), when it is the only one. */
  private byOddKey(relation: RelationShape): void {
    const toRoot = relation.references.filter(
      (reference) => reference.to === this.levels.root && isRequired(relation, reference.columns),
    )
    if (toRoot.length === 0 || isPerson(relation)) return
    const [reference] = toRoot
    this.set(
      relation,
      { owned: reference!.columns[0]! },
      toRoot.length > 1
        ? `refers to ${this.levels.root} through ${toRoot.map(({ columns }) => columns.join('+')).join(' and ')}; the first was taken for the owner`
        : `owned by ${reference!.columns[0]}, a column that no other relation uses for the tenant`,
    )
  }

  /** Passes ownership down references, nearest parents first, until nothing changes. */
  private spread(usable: (reference: ReferenceShape, relation: RelationShape) => boolean): void {
    for (let changed = true; changed;) {
      const ready = this.relations.flatMap((relation) => {
        if (this.decisions.has(relation.name) || relation.kind === 'view' || isPerson(relation)) return []
        const parents = relation.references.filter(
          (reference) => this.isOwned(reference.to) && usable(reference, relation),
        )
        return parents.length === 0 ? [] : [{ relation, parents }]
      })
      for (const { relation, parents } of ready) this.through(relation, parents)
      changed = ready.length > 0
    }
  }

  private through(relation: RelationShape, parents: readonly ReferenceShape[]): void {
    const rank = (reference: ReferenceShape) =>
      (isRequired(relation, reference.columns) ? 0 : 8) +
      (namesPartOf(relation.name, reference.to) ? 0 : 4) +
      (relation.primaryKey.some((column) => reference.columns.includes(column)) ? 0 : 2) +
      (reference.cascades ? 0 : 1)
    const ordered = [...parents].sort(
      (a, b) => rank(a) - rank(b) || compare(a.columns.join(), b.columns.join()),
    )
    const chosen = ordered[0]!
    const column = chosen.columns[0]!
    const parentColumn = chosen.toColumns[0]
    const parentKey = this.relations.find(({ name }) => name === chosen.to)?.primaryKey[0] ?? 'id'
    const decision: Decision = {
      ownedThrough:
        parentColumn === undefined || parentColumn === parentKey
          ? [column, chosen.to]
          : [column, chosen.to, parentColumn],
    }
    const doubts: string[] = []
    if (!isRequired(relation, chosen.columns)) {
      doubts.push(`${column} may be NULL, and then the row has no tenant`)
    }
    const others = new Set(
      ordered
        .slice(1)
        .map(({ to }) => to)
        .filter((to) => to !== chosen.to),
    )
    if (others.size > 0) {
      doubts.push(
        `also refers to ${[...others].join(', ')}; nothing in the schema makes both parents agree on the tenant`,
      )
    }
    this.set(relation, decision, doubts.length > 0 ? doubts.join('; ') : undefined)
  }

  private byNullableKeys(columns: readonly string[]): void {
    const taken = new Map<string, RelationShape[]>()
    for (const relation of this.relations) {
      if (this.decisions.has(relation.name) || relation.kind === 'view') continue
      const column = columns.find((name) => relation.columns.some((one) => one.name === name))
      if (column === undefined) continue
      this.set(relation, { owned: column })
      taken.set(column, [...(taken.get(column) ?? []), relation])
    }
    for (const [column, relations] of taken) {
      this.notes.push(...nullableKeyNotes(column, relations, this.relations))
    }
  }

  private isOnlyOptionalParent(reference: ReferenceShape, relation: RelationShape): boolean {
    const parents = this.ownersOf(relation)
    if (parents.length === 1) return parents[0] === reference && !reference.columns.every(isAuthorship)
    // `location_to_monitor` and `notification_trigger` say whose part they are.
    const whole = parents.filter(({ to }) => namesPartOf(relation.name, to))
    return whole.length === 1 && whole[0] === reference
  }

  /** Judged until nothing changes, for relations may refer to each other in a circle. */
  private decideLeftOvers(): void {
    const open = parentsFirst(
      this.relations.filter(({ name, kind }) => kind === 'table' && !this.decisions.has(name)),
    )
    const doubts = new Map<string, string | undefined>()
    for (let changed = true; changed;) {
      changed = false
      for (const relation of open) {
        const before = this.decisions.get(relation.name)
        if (before !== undefined && 'unknown' in before) continue
        const [decision, doubt] = this.leftOver(relation)
        if (JSON.stringify(before) === JSON.stringify(decision)) continue
        this.set(relation, decision)
        doubts.set(relation.name, doubt)
        changed = true
      }
    }
    this.doubtTheUnconnected(open, doubts)
    for (const { name } of open) {
      const text = doubts.get(name)
      if (text !== undefined) this.notes.push({ relation: name, unsure: true, text })
    }
  }

  /** A few relations without a tenant are global. Where most are, it is elsewhere that the schema keeps its tenants apart. */
  private doubtTheUnconnected(open: readonly RelationShape[], doubts: Map<string, string | undefined>): void {
    const loose = open.filter(({ name }) => {
      const decision = this.decisions.get(name)
      return decision !== undefined && 'global' in decision && decision.global === unconnected
    })
    if (loose.length < fewUnconnected || loose.length * 2 <= this.relations.length) return
    const share = `${loose.length} of ${this.relations.length} relations`
    for (const relation of loose) {
      const [decision, doubt] = unknown(
        `nothing connects ${share} with a tenant, so tenants may have schemas or databases of their own`,
      )
      this.set(relation, decision)
      doubts.set(relation.name, doubt)
    }
  }

  private leftOver(relation: RelationShape): [Decision, string?] {
    const parent = relation.derivedFrom
      .map((name) => this.decisions.get(name))
      .find((found) => found !== undefined)
    if (parent !== undefined) return [parent]
    const users = this.relations
      .filter(({ name }) => this.isOwned(name))
      .filter((other) => other.references.some(({ to }) => to === relation.name))
      .map(({ name }) => name)
    return judgeLeftOver(relation, {
      owners: this.ownersOf(relation),
      users,
      relations: this.relations,
      decisionOf: (name) => this.decisions.get(name),
    })
  }

  /** A view shows what lies under it. */
  private view(relation: RelationShape): void {
    if (this.decisions.has(relation.name)) return
    const column = this.levels.columns.find((name) =>
      relation.columns.some((candidate) => candidate.name === name),
    )
    const under = relation.derivedFrom.map((name) => this.decisions.get(name))
    if (column !== undefined) {
      this.set(relation, { owned: column }, 'a view: its tenant column is taken to be that of its rows')
    } else if (
      under.length > 0 &&
      under.every((decision) => decision !== undefined && 'global' in decision)
    ) {
      this.set(relation, { global: 'a view of global relations' })
    } else {
      this.set(relation, ...unknown('a view that does not return the tenant column'))
    }
  }

  private ownersOf(relation: RelationShape): readonly ReferenceShape[] {
    return relation.references.filter(({ to }) => this.isOwned(to) && to !== relation.name)
  }

  private isOwned(name: string): boolean {
    return isTenants(this.decisions.get(name))
  }

  private set(relation: RelationShape, decision: Decision, doubt?: string): void {
    this.decisions.set(relation.name, decision)
    if (doubt !== undefined) this.notes.push({ relation: relation.name, unsure: true, text: doubt })
  }
}
