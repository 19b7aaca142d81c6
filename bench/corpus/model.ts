import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { inferTenancy } from '../../rules/tenancy/infer.ts'
import { readSource } from '../../rules/tenancy/sources.ts'
import type { TenancyFile } from '../../rules/tenancy/tenancy.ts'

/** What a person adds to the inferred model of one repository, a few lines; every relation entry replaces the inferred one. */
export interface Overlay {
  /** Columns that tell a tenant, for the inference. */
  readonly tenantColumns?: readonly string[]
  /** Where the schema lies, when no case names it. */
  readonly from?: readonly string[]
  /** Models of an ORM beside the migrations that a case names. */
  readonly models?: readonly string[]
  readonly add?: Partial<TenancyFile>
}

/** The overlay of a repository, kept beside this file. */
export function overlayOf(repository: string): Overlay {
  const path = join(import.meta.dirname, 'overlays', `${repository.replace('/', '+')}.json`)
  const overlay = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Overlay) : {}
  // What more of them would show is how well a person knows the repository.
  if (factsIn(overlay) > mostFacts) throw new Error(`${path} states more than ${mostFacts} facts`)
  return overlay
}

const mostFacts = 10

/** Each path, relation, and named part of the program is one. */
function factsIn({ from = [], models = [], tenantColumns, add = {} }: Overlay): number {
  const { relations = {}, tenantless = [], ...rest } = add
  const others = Object.values(rest).map((value) => (Array.isArray(value) ? value.length : 1))
  return (
    from.length +
    models.length +
    (tenantColumns === undefined ? 0 : 1) +
    Object.keys(relations).length +
    tenantless.length +
    others.reduce((sum, count) => sum + count, 0)
  )
}

/** Writes `tenancy.json` for the tree as `watertight init` would, with the overlay; returns its path. */
export function modelFor(tree: string, schemas: readonly string[], overlay: Overlay, to: string): string {
  const places = [...(schemas.length > 0 ? schemas : (overlay.from ?? [])), ...(overlay.models ?? [])]
  const sources = places
    .map((schema) => join(tree, schema))
    .filter((path) => statSync(path, { throwIfNoEntry: false }) !== undefined)
  if (sources.length === 0) throw new Error(`no schema of ${places.join(', ')} in ${tree}`)
  const { file } = inferTenancy(
    sources.map(readSource),
    overlay.tenantColumns === undefined ? {} : { tenantColumns: overlay.tenantColumns },
  )
  const { relations: added = {}, ...rest } = overlay.add ?? {}
  // Other versions name other relations: what leans on one that this version lacks says nothing here.
  const known = new Set([...Object.keys(file.relations), ...Object.keys(added)])
  const relations = Object.fromEntries(
    Object.entries(added).filter(
      ([, entry]) => !('ownedThrough' in entry) || known.has(entry.ownedThrough[1]),
    ),
  )
  const merged: TenancyFile = {
    ...file,
    ...rest,
    relations: {
      ...file.relations,
      ...Object.fromEntries(
        Object.entries(relations).map(([name, entry]) => [
          name,
          { ...withoutOwner(file.relations[name]), ...entry },
        ]),
      ),
    } as TenancyFile['relations'],
  }
  mkdirSync(dirname(to), { recursive: true })
  writeFileSync(to, JSON.stringify(merged, null, 2))
  return to
}

/** ORM names stay; who owns the rows is what the overlay says. */
function withoutOwner(entry: object | undefined): object {
  const owners = ['owned', 'ownedThrough', 'global', 'root', 'unknown']
  return Object.fromEntries(Object.entries(entry ?? {}).filter(([name]) => !owners.includes(name)))
}
