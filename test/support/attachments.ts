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
