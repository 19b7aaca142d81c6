import { cursorTypeOf, isCursor } from '../generate/cursors.ts'
import { resolveStep, type Scene } from '../generate/resolve.ts'
import { plainStep, type Step } from '../generate/trial.ts'
import { harvest, Pool } from '../model/pool.ts'
import type { Tenant } from '../model/tenant.ts'
import { creates, endsInDeed } from '../target/resources.ts'
import type { JsonSchema, Operation } from '../target/target.ts'
import type { Arena } from './arena.ts'
import { sendResolved } from './exchange.ts'

/**
 * Which ids go into the tenant's pool. The order of a list may hang on random ids, so that worlds in lockstep must not pick from
 * lists: the same pick would mean another row in each.
 */
type Keep = 'everything' | 'created'

/** How many payloads are tried until one creates something. */
const attempts = 3

/**
 * Lets a tenant act on its own data once before anything is attacked: creates what `provision` left out (with canaries in
 * the texts), and reads everything. That is the first positive control, and it teaches which ids the tenant owns.
 */
export async function takeCensus(tenant: Tenant, arena: Arena, keep: Keep = 'everything'): Promise<void> {
  for (const operation of creators(arena)) await createOne(operation, tenant, arena, keep)
  for (const operation of reads(arena)) {
    const step = plainStep(operation.id, arena.repertoire, 0)
    await act({ ...step, actor: 0 }, tenant, arena, keep)
    // A short page, so that there is a next one to continue at.
    if (arena.prepared.get(operation.id)!.slots.some(({ type }) => isCursor(type)))
      await act({ ...step, actor: 0, pick: 1 }, tenant, arena, keep)
  }
}

function creators(arena: Arena): readonly Operation[] {
  const operations = [...arena.prepared.values()].map(({ operation }) => operation)
  // What lies at the top comes first, for what is nested needs its parent.
  return (
    operations
      .filter((operation) => creates(operation) && operation.access === 'tenant')
      // What is done with a row may use it up: an invoice that was issued is no draft any more, and nobody could delete it.
      .filter(({ path, produces }) => !endsInDeed(path) || isNamedBy(produces!, arena))
      .toSorted((left, right) => left.path.length - right.path.length)
  )
}

/** Do requests name things of this type by their ids? */
function isNamedBy(type: string, arena: Arena): boolean {
  return [...arena.prepared.values()].some(({ slots }) => slots.some((slot) => slot.type === type))
}

function reads(arena: Arena): readonly Operation[] {
  return [...arena.prepared.values()]
    .map(({ operation }) => operation)
    .filter(({ method, access }) => method === 'GET' && access === 'tenant')
    .toSorted((left, right) => left.path.length - right.path.length)
}

async function createOne(operation: Operation, tenant: Tenant, arena: Arena, keep: Keep): Promise<void> {
  const type = operation.produces!
  if (tenant.pool.of(type).length > 0) return
  for (let attempt = 0; attempt < attempts; attempt++) {
    const step = { ...plainStep(operation.id, arena.repertoire, attempt), actor: 0 }
    if (await act(withCanaries(step, operation, tenant, arena), tenant, arena, keep)) return
  }
}

/** Sends one well-behaved step. True when it succeeded. */
async function act(step: Step, tenant: Tenant, arena: Arena, keep: Keep): Promise<boolean> {
  const { world, coverage } = arena
  const resolved = resolveStep(step, sceneOf(tenant, arena))
  if (resolved === null) {
    coverage.unresolved(step.operation)
    return false
  }
  const answer = await sendResolved(resolved, arena)
  const succeeded = arena.success(answer.status)
  const { operation } = resolved.prepared
  coverage.control(operation.id, answer.status, succeeded)
  if (!succeeded) return false
  const parents: Record<string, string> = {}
  for (const { slot, id } of resolved.filled) if (slot.in === 'path') parents[slot.type] = id
  if (tenant.role === 'victim') world.lexicon.learn(answer.json, operation.produces)
  for (const { type: said, id, top } of harvest(answer.json, operation.produces)) {
    const type = isCursor(said) ? cursorTypeOf(operation.id) : said
    const owner = world.identifiers.ownerOf(id)
    world.identifiers.own(id, tenant.index)
    if (owner !== undefined && owner !== tenant.index) continue
    if (keep === 'created' && !(top && operation.method === 'POST')) continue
    if (isCursor(type) || arena.known.has(type) || arena.known.has(type.split('.')[0]!)) {
      tenant.pool.add({ type, id, parents: type === operation.produces ? parents : {} })
    }
  }
  return true
}

function sceneOf(tenant: Tenant, arena: Arena): Scene {
  const { prepared, hints, tenantFields, payloads } = arena
  return {
    prepared,
    hints,
    tenantFields,
    attacker: tenant,
    victim: tenant,
    pool: new Pool(tenant.pool),
    deleted: [],
    payloads,
    dictionary: [],
    lexicon: arena.world.lexicon,
  }
}

/** The step with a frozen payload whose free texts are canaries of the tenant. */
function withCanaries(step: Step, operation: Operation, tenant: Tenant, arena: Arena): Step {
  const scene = sceneOf(tenant, arena)
  const body = resolveStep(step, scene)?.body
  const schema = operation.body?.schema
  if (schema === undefined || typeof body !== 'object' || body === null) return step
  const planted: Record<string, unknown> = { ...(body as Record<string, unknown>) }
  for (const [name, property] of Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>)) {
    if (!takesText(property) || operation.bodyResources?.[name] !== undefined) continue
    planted[name] = arena.world.plant(tenant, `${operation.id}.${name}`)
  }
  return { ...step, payload: { value: planted } }
}

function takesText(schema: JsonSchema): boolean {
  if (schema['type'] !== 'string' || schema['readOnly'] === true) return false
  if (['format', 'pattern', 'enum', 'const'].some((key) => schema[key] !== undefined)) return false
  return typeof schema['maxLength'] !== 'number' || schema['maxLength'] >= 18
}
