import type { Ownership, OwnershipOf } from '../confinement/verdict.ts'

/**
 * The tenancy model, read from `tenancy.json` (or given as an object), validated and resolved: what linter, auditor and
 * fuzzer agree on. The file's own shape is {@link TenancyFile}.
 *
 * @public
 */
export interface Tenancy {
  /** SQL name of the relation whose rows are the tenants; null when tenants live elsewhere. */
  readonly tenantRoot: string | null
  /** SQL names, most specific first: `workspace_id` before `organization_id`. */
  readonly tenantColumns: readonly string[]
  /** The PostgreSQL setting that carries the acting tenant (`app.tenant_id`), null without one. */
  readonly setting: string | null
  readonly relations: ReadonlyMap<string, TenancyRelation>
  /** Source paths of the authenticated tenant: `request.tenant.id`, `ctx.session.orgId`. */
  readonly trusted: readonly string[]
  readonly guards: Readonly<Record<string, readonly string[]>>
  readonly scopedClients: readonly string[]
  /** Database clients that see every tenant: whoever uses one has to say why. */
  readonly unscopedClients: readonly string[]
  /** Files whose code works for all tenants, by design. */
  readonly tenantless: readonly TenantlessFiles[]
  /** Whoever uses the program acts in one tenant; null: nobody has said so. */
  readonly singleTenant: SingleTenant | null
  /**
   * `forced`: the database confines every statement of the application role, and the auditor proves it. `none`: the application
   * alone confines, by decision. Null: nobody has said, so the auditor asks for it and the linter does not rely on it.
   */
  readonly rowLevelSecurity: 'forced' | 'enabled' | 'none' | null
  /** Looks up by SQL table name (schema-qualified or not) *or* by ORM model name (`Project`, `project`). */
  readonly ownershipOf: OwnershipOf
  /** The relation itself, by SQL or ORM name. */
  readonly find: (name: string) => TenancyRelation | null
  /** SQL column of an ORM property, the name itself when the model does not map it. */
  readonly columnOf: (relation: string, property: string) => string
  /** Where the model was read from, null for an inline object. */
  readonly file: string | null
}

/** Code without a tenant, by design: jobs over all tenants, operator tools. @public */
export interface TenantlessFiles {
  /** Patterns for paths from the folder that the linter runs in. */
  readonly files: readonly string[]
  readonly reason: string
}

/** A program whose users all act in one tenant, which is a constant of it. @public */
export interface SingleTenant {
  /** The name under which the program declares that tenant: `DEFAULT_TENANT_ID`. */
  readonly constant: string
  readonly reason: string
}

/** @public */
export interface TenancyRelation {
  /** SQL name. */
  readonly name: string
  readonly ownership: Ownership
  /** ORM model name, null when there is none. */
  readonly model: string | null
  /** ORM property → SQL column, only where they differ. */
  readonly properties: Readonly<Record<string, string>>
  /** ORM relation field → SQL name of the relation it leads to, and the columns that join them. */
  readonly relationFields: Readonly<Record<string, RelationField>>
  /** Other columns that carry a tenant: a filter by any of them confines. */
  readonly also: readonly string[]
  /** Primary key, `['id']` unless said otherwise. */
  readonly key: readonly string[]
}

/** @public */
export interface RelationField {
  readonly to: string
  /** To-many fields hold arrays. */
  readonly many: boolean
  /** Pairs of [own column, column of `to`]. Empty for an implicit many-to-many. */
  readonly on: readonly (readonly [string, string])[]
}

/** `tenancy.json` as written; the JSON Schema beside this file is its definition. @public */
export interface TenancyFile {
  readonly $schema?: string
  readonly tenantRoot?: string | null
  readonly tenantColumns: readonly string[]
  readonly setting?: string | null
  readonly relations: Readonly<Record<string, TenancyFileRelation>>
  readonly trusted?: readonly string[]
  readonly guards?: Readonly<Record<string, readonly string[]>>
  readonly scopedClients?: readonly string[]
  readonly unscopedClients?: readonly string[]
  readonly tenantless?: readonly TenantlessFiles[]
  readonly singleTenant?: SingleTenant
  readonly rowLevelSecurity?: 'forced' | 'enabled' | 'none'
}

/** @public */
export type TenancyFileRelation = {
  readonly also?: readonly string[]
  readonly model?: string
  readonly key?: readonly string[]
  readonly properties?: Readonly<Record<string, string>>
  readonly relationFields?: Readonly<Record<string, RelationField>>
} & (
  | { readonly owned: string }
  | { readonly ownedThrough: readonly [column: string, parent: string, parentColumn?: string] }
  | { readonly global: string }
  | { readonly root: string }
  /** Written by `watertight init` for what it could not tell; a person replaces it. */
  | { readonly unknown: string }
)
