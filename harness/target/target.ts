/**
 * The contract between watertight and a service under attack. A target file is small: how to start the service, how
 * to make a tenant with its actors and data, how an actor authenticates, which operations exist.
 *
 * Everything with `tenant` in it is made several times, with colliding data, so `provision` must take every name from its
 * seed and never from a constant of its own.
 */

/** Given to `start`: run the service found in `directory` against `databaseUrl`, on a free port. @public */
export interface StartEnvironment {
  /** The service's source. The original, or a copy with one mutant's edits. */
  readonly directory: string
  /** An empty or template-cloned database that belongs to this instance alone; null when the target brings its own. */
  readonly databaseUrl: string | null
  /** `false` when the database is a clone of one that this target has already started on. */
  readonly fresh: boolean
  /** Aborted when the campaign ends; kill children on it. */
  readonly signal: AbortSignal
  /** Lines for the log of the campaign; credentials are the target's to leave out. */
  readonly log: (line: string) => void
}

/** A running instance. @public */
export interface StartedService {
  readonly baseUrl: string
  readonly stop: () => Promise<void>
  /** Anything `provision` and `authenticate` need (operator token, …). Never reported. */
  readonly context?: Readonly<Record<string, unknown>>
}

/** What distinguishes one tenant from the next. Equal seeds give equal data, so that worlds can be twins. @public */
export interface TenantSeed {
  /** 0-based and unique within the instance. */
  readonly index: number
  /** Unique, lower case, safe in a subdomain: `t3x9k`. */
  readonly slug: string
  /** Varies from world to world for the victim, else constant: the *content* that no other tenant may learn. */
  readonly salt: string
  /** An unguessable token to plant in one field of one row. Register every secret text through it. */
  readonly canary: (label: string) => string
  /** The same for every tenant: names, e-mails, slugs that collide on purpose. */
  readonly collide: (label: string) => string
  /** How many rows of each kind; differs between twin worlds for the victim. */
  readonly rows: number
}

/** A user acting in one tenant. `credentials` is what `authenticate` needs; it is never reported. @public */
export interface ProvisionedActor {
  readonly name: string
  /** `admin`, `member`, …: free words, only shown. */
  readonly role: string
  readonly credentials: Readonly<Record<string, unknown>>
}

/** A row that the tenant owns and that operations can name. @public */
export interface ProvisionedResource {
  /** Resource type as operations call it: `project`, `task`. */
  readonly type: string
  readonly id: string
  /** The id of the resource that it lies in, for nested paths. */
  readonly parent?: { readonly type: string; readonly id: string }
}

/** @public */
export interface ProvisionedTenant {
  readonly id: string
  readonly actors: readonly ProvisionedActor[]
  readonly resources: readonly ProvisionedResource[]
}

/** What `authenticate` returns: added to every request of the actor. @public */
export interface RequestCredentials {
  readonly headers?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
  /** Replaces the host of `baseUrl` in the Host header, for subdomain tenancy. */
  readonly host?: string
}

/** A place in the request from which the service reads (or might read) a tenant. @public */
export type TenantHint =
  | { readonly in: 'header'; readonly name: string; readonly value?: 'id' | 'slug' }
  | { readonly in: 'subdomain'; readonly suffix: string; readonly value?: 'id' | 'slug' }
  | { readonly in: 'query'; readonly name: string; readonly value?: 'id' | 'slug' }
  | { readonly in: 'path'; readonly parameter: string; readonly value?: 'id' | 'slug' }
  | { readonly in: 'body'; readonly name: string; readonly value?: 'id' | 'slug' }

/** One parameter of an operation. `resource` names the type of id it takes. @public */
export interface OperationParameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required: boolean
  readonly schema: JsonSchema
  readonly resource?: string
}

/** A JSON Schema (2020-12 or the OpenAPI 3.0 dialect), dereferenced. @public */
export type JsonSchema = Readonly<Record<string, unknown>>

/** An endpoint. Written by hand, or read from OpenAPI; a hand-written one with the same id overrides. @public */
export interface Operation {
  /** `getProject`; from OpenAPI the operationId, else `GET /projects/{projectId}`. */
  readonly id: string
  readonly method: 'GET' | 'HEAD' | 'OPTIONS' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Template: `/projects/{projectId}`. */
  readonly path: string
  readonly parameters: readonly OperationParameter[]
  readonly body?: { readonly contentType: string; readonly schema: JsonSchema; readonly required: boolean }
  /** Body properties (dotted) that take ids: `{ projectId: 'project', 'taskIds[]': 'task' }`. */
  readonly bodyResources?: Readonly<Record<string, string>>
  /** The resource type that a 2xx answer creates or returns, for harvesting ids. */
  readonly produces?: string
  /** `tenant`: belongs to a tenant (attacked). `public`: meant for everybody, with the reason. `operator`: not sent. */
  readonly access: 'tenant' | 'public' | 'operator'
  readonly reason?: string
  /** Does a successful call write? GET, HEAD, OPTIONS do not unless said. */
  readonly writes: boolean
}

/** Something that is shared between tenants on purpose. @public */
export interface Sharing {
  /** Operation id; `*` for all. */
  readonly operation: string
  /** JSON pointer-like path in the answer, `*` for all of it. */
  readonly field: string
  readonly reason: string
  /** ISO date; after it the sharing counts no more. */
  readonly until?: string
}

/** @public */
export interface Target {
  readonly name: string
  /** Starts an instance. Without it `baseUrl` is attacked, and worlds cannot be twins. */
  readonly start?: (environment: StartEnvironment) => Promise<StartedService>
  readonly baseUrl?: string
  /** Where the service's source lies, relative to the target file; given to `start` as `directory`. */
  readonly directory?: string
  readonly provision: (seed: TenantSeed, service: StartedService) => Promise<ProvisionedTenant>
  readonly authenticate: (
    actor: ProvisionedActor,
    tenant: ProvisionedTenant,
    service: StartedService,
  ) => Promise<RequestCredentials>
  /** File path (relative to the target file), URL path on the service (`/openapi.json`), or the document. */
  readonly openapi?: string | Readonly<Record<string, unknown>>
  /** Operations by hand: added to, or (same id) laid over those from OpenAPI. */
  readonly operations?: readonly (Partial<Operation> & { readonly id: string })[]
  /** For routes that are no tenant data: `{ 'POST /auth/login': 'public: login' }`. Keys are ids or `METHOD /path`. */
  readonly classify?: Readonly<Record<string, `public: ${string}` | `operator: ${string}` | 'tenant'>>
  readonly hints?: readonly TenantHint[]
  /**
   * The database of the service: `managed` gives each instance a database of its own on the embedded or `DATABASE_URL`
   * server; `url` names an existing one (snapshots only).
   */
  readonly database?: {
    readonly managed?: boolean
    readonly url?: string
    /** Path of `tenancy.json`, relative to the target file. */
    readonly tenancy: string
  }
  readonly sharing?: readonly Sharing[]
  /** Status codes that mean success for a positive control. 200-299 unless said. */
  readonly success?: (status: number) => boolean
}

/**
 * Types a target file: `export default defineTarget({ … })`.
 *
 * @public
 */
export function defineTarget(target: Target): Target {
  return target
}
