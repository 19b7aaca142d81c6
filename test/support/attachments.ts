import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { fill } from './recovery.ts'
import type { RunningService, TenantInService } from './service.ts'

export interface Sent {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly bytes: Buffer
  readonly json: any
}

export interface SendOptions {
  readonly token?: string
  readonly payload?: Buffer
  readonly headers?: Readonly<Record<string, string>>
}

/** Sends a request and gives the bytes of its answer. */
export async function send(
  { app }: Pick<RunningService, 'app'>,
  request: string,
  { token, payload, headers }: SendOptions = {},
): Promise<Sent> {
  const [method, url] = request.split(' ') as ['GET', string]
  const answer = await app.inject({
    method,
    url,
    headers: { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...headers },
    ...(payload !== undefined && { payload }),
  })
  const isJson = /\bjson/.test(String(answer.headers['content-type'])) && answer.body !== ''
  return {
    status: answer.statusCode,
    headers: answer.headers,
    bytes: answer.rawPayload,
    json: isJson ? JSON.parse(answer.body) : null,
  }
}

/** Attaches a file to `tasks/…` or `comments/…` as the tenant's member. */
export function attach(
  service: Pick<RunningService, 'app'>,
  tenant: Pick<TenantInService, 'memberToken'>,
  parent: string,
  payload: Buffer,
  { name = 'file.bin', ...headers }: Readonly<Record<string, string>> = {},
): Promise<Sent> {
  return send(service, `POST /${parent}/attachments?name=${encodeURIComponent(name)}`, {
    token: tenant.memberToken,
    payload,
    headers: { 'content-type': 'application/octet-stream', ...headers },
  })
}

/** Bytes that the tenant's files take, as its quota counts them. */
export async function bytesUsed({ admin }: Pick<TenantInService, 'admin'>): Promise<number> {
  const { json } = await admin('GET /quotas')
  return json.usage.find(({ resource }: { resource: string }) => resource === 'storageBytes').used
}

/** A tenant with tasks and a comment to attach files to. */
export interface Filled extends TenantInService {
  readonly projectId: string
  readonly taskIds: readonly string[]
  readonly commentId: string
}

/** Makes such a tenant. */
export async function filled(service: RunningService, slug: string): Promise<Filled> {
  const tenant = await service.tenant(slug)
  const [project] = await fill(tenant, service.operator)
  const { json } = await tenant.member(`POST /tasks/${project!.tasks[0]!.id}/comments`, {
    body: { body: 'Words' },
  })
  return {
    ...tenant,
    projectId: project!.id,
    taskIds: project!.tasks.map(({ id }) => id),
    commentId: json.id,
  }
}

/** A directory of a test's own for the objects of a file store. */
export function objectStore() {
  const store = {
    directory: '',
    /** Names of the files in which a tenant's attachments lie. */
    objectsOf: ({ id }: { readonly id: string }): Promise<string[]> =>
      readdir(join(store.directory, id, 'attachments')).catch(() => []),
  }
  beforeAll(async () => {
    store.directory = await mkdtemp(join(tmpdir(), 'attachments-'))
  })
  afterAll(() => rm(store.directory, { recursive: true }))
  return store
}
