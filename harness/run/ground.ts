import { randomBytes } from 'node:crypto'
import { dirname, resolve } from 'node:path'
import { Problem } from '../../rules/problem.ts'
import { loadTenancy } from '../../rules/tenancy/read.ts'
import type { Tenancy } from '../../rules/tenancy/tenancy.ts'
import { isCursor } from '../generate/cursors.ts'
import { hintsOf, tenantFieldsOf } from '../generate/hints.ts'
import { prepare, type Prepared } from '../generate/prepared.ts'
import { slotsOf } from '../generate/slots.ts'
import type { Repertoire } from '../generate/trial.ts'
import { type Content, usualContent, World } from '../model/world.ts'
import type { Tenant } from '../model/tenant.ts'
import { withClient } from '../postgres/connection.ts'
import { operationsOf } from '../target/operations.ts'
import { creates, tenantType } from '../target/resources.ts'
import type { Operation } from '../target/target.ts'
import type { Arena } from './arena.ts'
import { takeCensus } from './census.ts'
import { CoverageLedger } from './coverage.ts'
import type { OracleId } from './events.ts'
import type { CampaignOptions } from './options.ts'
import { refuseUnknownRelations } from './model-relations.ts'
import { type Instance, startInstance } from './start.ts'
import { Transport } from './transport.ts'
import type { PostgresServer } from '../postgres/server.ts'

/** One running world, ready to be attacked. */
export interface Ground {
  readonly arena: Arena
  readonly instance: Instance
  readonly tenancy: Tenancy | null
  readonly newVictim: () => Promise<Tenant>
  readonly close: () => Promise<void>
}

export interface GroundOptions {
  readonly campaign: Pick<
    CampaignOptions,
    'target' | 'openapi' | 'directory' | 'knockOutSql' | 'allowHosts' | 'onRequest'
  >
  readonly server: PostgresServer | null
  readonly seed: number
  readonly lanes: number
  readonly oracles: ReadonlySet<OracleId>
  readonly signal: AbortSignal
  readonly log: (line: string) => void
  /** Tenants that are provisioned before the victim, so that they are alike in all worlds. */
  readonly attackersFirst?: number
  readonly victim?: Content
}

/** Starts an instance, reads its operations, provisions victim and bystander and lets them act once. */
export async function prepareGround(
  options: GroundOptions,
): Promise<Ground & { readonly attackers: readonly Tenant[] }> {
  const { campaign, seed } = options
  const loaded = campaign.target
  const tenancyFile = loaded.target.database?.tenancy
  const tenancy = tenancyFile === undefined ? null : loadTenancy(resolve(dirname(loaded.file), tenancyFile))
  const instance = await startInstance(loaded, {
    directory: campaign.directory ?? loaded.directory,
    server: options.server,
    knockOutSql: campaign.knockOutSql ?? [],
    allowHosts: campaign.allowHosts ?? [],
    signal: options.signal,
    log: options.log,
  })
  const transport = new Transport(instance.service.baseUrl, options.lanes, campaign.onRequest)
  const close = async (): Promise<void> => {
    await transport.close()
    await instance.stop()
  }
  try {
    if (instance.databaseUrl !== null && tenancy !== null)
      await withClient(instance.databaseUrl, (client) => refuseUnknownRelations(client, tenancy))
    const operations = await operationsOf(loaded, instance.service.baseUrl, campaign.openapi)
    // A service that keeps its data has seen the seed's names before.
    const keeps = loaded.target.start === undefined || loaded.target.database?.managed !== true
    const nonce = keeps ? randomBytes(6).toString('hex') : ''
    const world = new World(loaded, instance.service, seed, nonce)
    const attackers: Tenant[] = []
    for (let index = 0; index < (options.attackersFirst ?? 0); index++)
      attackers.push(await world.provision('attacker'))
    const victim = await world.provision('victim', options.victim)
    const bystander = await world.provision('bystander')
    const arena = arenaOf(operations, { world, transport, victim, bystander, tenancy, options })
    for (const tenant of [...attackers, victim, bystander]) await takeCensus(tenant, arena)
    const newVictim = async (): Promise<Tenant> => {
      const tenant = await world.provision('victim', options.victim ?? usualContent)
      await takeCensus(tenant, arena)
      return tenant
    }
    return { arena, instance, tenancy, newVictim, close, attackers }
  } catch (error) {
    await close()
    throw error
  }
}

interface Parts {
  readonly world: World
  readonly transport: Transport
  readonly victim: Tenant
  readonly bystander: Tenant
  readonly tenancy: Tenancy | null
  readonly options: GroundOptions
}

function arenaOf(operations: readonly Operation[], parts: Parts): Arena {
  const { world, options } = parts
  const { target } = world.loaded
  const pathHints = new Set(
    (target.hints ?? []).flatMap((hint) => (hint.in === 'path' ? [hint.parameter] : [])),
  )
  const attacked = operations
    .filter((operation) => operation.access === 'tenant')
    .map((operation) => withPathHints(operation, pathHints))
  if (attacked.length === 0) {
    throw new Problem(
      'E-TARGET-INVALID',
      `${target.name} has no operation that belongs to tenants.`,
      'Look at `classify` and `operations` of the target.',
    )
  }
  const known = new Set<string>([tenantType])
  for (const type of parts.victim.pool.types()) known.add(type)
  for (const { produces } of attacked) if (produces !== undefined) known.add(produces)
  const prepared = new Map<string, Prepared>()
  for (const operation of attacked) prepared.set(operation.id, prepare(operation, slotsOf(operation, known)))
  const hints = hintsOf(target)
  return {
    world,
    transport: parts.transport,
    prepared,
    repertoire: repertoireOf([...prepared.values()], hints.length),
    hints,
    tenantFields: tenantFieldsOf(target, parts.tenancy?.tenantColumns ?? [], attacked),
    known,
    payloads: new Map(),
    coverage: new CoverageLedger(),
    oracles: options.oracles,
    success: target.success ?? ((status) => status >= 200 && status < 300),
    dictionary: [],
    victim: parts.victim,
    bystander: parts.bystander,
  }
}

/** A path parameter that the target declares as tenant hint takes tenants' ids. */
function withPathHints(operation: Operation, hints: ReadonlySet<string>): Operation {
  if (!operation.parameters.some(({ name, in: place }) => place === 'path' && hints.has(name)))
    return operation
  const parameters = operation.parameters.map((parameter) =>
    parameter.in === 'path' && hints.has(parameter.name) ? { ...parameter, resource: tenantType } : parameter,
  )
  return { ...operation, parameters }
}

function repertoireOf(prepared: readonly Prepared[], hints: number): Repertoire {
  const creators = new Map<string, string>()
  for (const { operation } of prepared) {
    const { produces } = operation
    if (creates(operation) && produces !== undefined && !creators.has(produces))
      creators.set(produces, operation.id)
  }
  const operations = prepared.map(({ operation }) => operation)
  return {
    operations,
    hints,
    slots: new Map(prepared.map(({ operation, slots }) => [operation.id, slots.length])),
    creators,
    ties: tiesOf(operations),
    places: new Map(
      prepared.map(({ operation, slots }) => [
        operation.id,
        slots.map((slot) => (isCursor(slot.type) ? 'cursor' : slot.in)),
      ]),
    ),
  }
}

/** `DELETE /tasks/{taskId}/labels/{labelId}` takes away what the PUT to the same path, or a POST to the collection, has tied. */
function tiesOf(operations: readonly Operation[]): Map<string, string> {
  const ties = new Map<string, string>()
  for (const { id, method, path, parameters } of operations) {
    if (method !== 'DELETE' || parameters.filter((parameter) => parameter.in === 'path').length < 2) continue
    const collection = path.replace(/\/\{[^}]+\}$/, '')
    const last = parameters.findLast((parameter) => parameter.in === 'path')?.resource
    const tie = operations.find(
      (other) =>
        ((other.method === 'PUT' || other.method === 'POST') && other.path === path && !other.body) ||
        (other.method === 'POST' &&
          other.path === collection &&
          Object.values(other.bodyResources ?? {}).some((type) => type === last)),
    )
    if (tie !== undefined) ties.set(id, tie.id)
  }
  return ties
}
