import { createHash, createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { S3Settings } from '../../fixtures/service/objects/s3/client.ts'

interface Kept {
  readonly bytes: Buffer
  readonly tag: string
  readonly at: Date
}

interface Upload {
  readonly key: string
  readonly begunAt: Date
  readonly parts: Map<number, Kept>
}

interface Asked {
  readonly method: string
  readonly path: string
  readonly key: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

/** What goes wrong with the next request that it matches. */
export interface Fault {
  readonly method: string
  readonly does: 'unavailable' | 'hang up' | 'cut the answer' | 'fail within a success'
}

export interface S3Server {
  readonly settings: S3Settings
  readonly objects: ReadonlyMap<string, Kept>
  readonly uploads: ReadonlyMap<string, Upload>
  /** Every request that was answered, as `PUT /bucket/key`. */
  readonly log: readonly string[]
  readonly faults: Fault[]
  readonly close: () => Promise<void>
}

const hash = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex')
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
const pageSize = 3

/**
 * An S3-compatible server in this process: it keeps bytes, and holds each request against its signature, which it computes
 * from what came over the wire. Nothing of the service's code is in it.
 */
export async function s3Server(): Promise<S3Server> {
  const settings = {
    bucket: 'kept',
    region: 'eu-central-1',
    accessKeyId: 'AKIDTEST',
    secretAccessKey: 'a secret/+ of the test',
  }
  const objects = new Map<string, Kept>()
  const uploads = new Map<string, Upload>()
  const log: string[] = []
  const faults: Fault[] = []
  const server = createServer((request, response) => {
    void read(request).then(
      (asked) => {
        const index = faults.findIndex(({ method }) => method === asked.method)
        const [fault] = index === -1 ? [] : faults.splice(index, 1)
        if (fault?.does === 'hang up') return response.destroy()
        if (fault?.does === 'unavailable') return refuse(response, 503, 'SlowDown')
        if (fault?.does === 'fail within a success')
          return send(response, 200, '<Error><Code>InternalError</Code></Error>')
        log.push(`${asked.method} ${asked.path}`)
        const wrong = signatureFault(asked, settings)
        if (wrong !== null) return refuse(response, 403, wrong)
        return answer(asked, response, { objects, uploads }, fault?.does === 'cut the answer')
      },
      () => response.destroy(),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return {
    settings: { ...settings, endpoint: `http://127.0.0.1:${port}` },
    objects,
    uploads,
    log,
    faults,
    close,
  }
}

async function read(request: IncomingMessage): Promise<Asked> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  const [path = '', query = ''] = request.url!.split('?')
  return {
    method: request.method!,
    path: request.url!,
    key: decodeURIComponent(path.split('/').slice(2).join('/')),
    query: new URLSearchParams(query),
    headers: request.headers,
    body: Buffer.concat(pieces),
  }
}

/** Null when the request is what its sender signed, a moment ago. */
function signatureFault(
  { method, path, headers, body }: Asked,
  { region, accessKeyId, secretAccessKey }: Omit<S3Settings, 'endpoint'>,
): string | null {
  const found =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      headers.authorization ?? '',
    )
  if (found === null) return 'AccessDenied'
  const [, id, day, itsRegion, list, signature] = found as unknown as string[]
  const time = String(headers['x-amz-date'])
  const names = list!.split(';')
  if (id !== accessKeyId || itsRegion !== region || !time.startsWith(day!)) return 'InvalidAccessKeyId'
  if (!['host', 'x-amz-date', 'x-amz-content-sha256'].every((name) => names.includes(name)))
    return 'AccessDenied'
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time)!
  if (Math.abs(Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`) - Date.now()) > 900_000)
    return 'RequestTimeTooSkewed'
  if (headers['x-amz-content-sha256'] !== hash(body)) return 'XAmzContentSHA256Mismatch'
  const [uri, query = ''] = path.split('?')
  const pairs = query === '' ? [] : query.split('&').map((pair) => (pair.includes('=') ? pair : `${pair}=`))
  const canonical = [
    method,
    uri,
    pairs.toSorted().join('&'),
    ...names.map((name) => `${name}:${String(headers[name]).trim()}`),
    '',
    names.join(';'),
    hash(body),
  ].join('\n')
  const key = hmac(hmac(hmac(hmac(`AWS4${secretAccessKey}`, day!), region), 's3'), 'aws4_request')
  const text = ['AWS4-HMAC-SHA256', time, `${day}/${region}/s3/aws4_request`, hash(canonical)].join('\n')
  return hmac(key, text).toString('hex') === signature ? null : 'SignatureDoesNotMatch'
}

interface Bucket {
  readonly objects: Map<string, Kept>
  readonly uploads: Map<string, Upload>
}

function answer(asked: Asked, response: ServerResponse, bucket: Bucket, cut: boolean): void {
  const { method, key, query, body } = asked
  const { objects, uploads } = bucket
  const uploadId = query.get('uploadId')
  if (key === '')
    return query.has('uploads') ? listUploads(response, query, uploads) : list(response, query, objects)
  if (method === 'GET' || method === 'HEAD') return give(asked, response, objects.get(key), cut)
  if (method === 'POST' && query.has('uploads')) {
    const id = `upload ${uploads.size} & more`
    uploads.set(id, { key, begunAt: new Date(), parts: new Map() })
    return send(response, 200, `<Result><UploadId>${escape(id)}</UploadId></Result>`)
  }
  if (uploadId !== null) {
    const upload = uploads.get(uploadId)
    if (upload?.key !== key) return refuse(response, 404, 'NoSuchUpload')
    if (method === 'PUT') return keep(response, upload.parts, Number(query.get('partNumber')), body)
    uploads.delete(uploadId)
    if (method === 'DELETE') return send(response, 204, '')
    const parts = [...body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>([^<]+)</g)]
    const kept = parts.map(([, number]) => upload.parts.get(Number(number)))
    const right = parts.every(([, , tag], index) => kept[index]?.tag === tag!.replaceAll('&quot;', '"'))
    if (!right || parts.length === 0) return refuse(response, 400, 'InvalidPart')
    keep(response, objects, key, Buffer.concat(kept.map((part) => part!.bytes)))
    return
  }
  if (method === 'PUT') return keep(response, objects, key, body)
  objects.delete(key)
  send(response, 204, '')
}

function keep<Key>(response: ServerResponse, into: Map<Key, Kept>, key: Key, bytes: Buffer): void {
  const tag = `"${createHash('md5').update(bytes).digest('hex')}"`
  into.set(key, { bytes, tag, at: new Date() })
  response.setHeader('etag', tag)
  send(response, 200, '<Result/>')
}

function give(
  { method, headers }: Asked,
  response: ServerResponse,
  found: Kept | undefined,
  cut: boolean,
): void {
  if (found === undefined) return refuse(response, 404, 'NoSuchKey')
  const { bytes, tag, at } = found
  if (headers['if-match'] !== undefined && headers['if-match'] !== tag)
    return refuse(response, 412, 'PreconditionFailed')
  const range = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '')
  const start = Number(range?.[1] ?? 0)
  if (range !== null && start >= bytes.length) return refuse(response, 416, 'InvalidRange')
  const end = Math.min(range?.[2] ? Number(range[2]) + 1 : bytes.length, bytes.length)
  response.writeHead(range === null ? 200 : 206, {
    etag: tag,
    'last-modified': at.toUTCString(),
    'content-length': end - start,
  })
  if (method === 'HEAD') return void response.end()
  if (!cut) return void response.end(bytes.subarray(start, end))
  response.write(bytes.subarray(start, (start + end) >> 1), () => response.destroy())
}

function list(response: ServerResponse, query: URLSearchParams, objects: ReadonlyMap<string, Kept>): void {
  const after = query.get('continuation-token') ?? ''
  const keys = [...objects.keys()]
    .filter((key) => key.startsWith(query.get('prefix')!) && `after <${key}>` > after)
    .sort()
  const page = keys.slice(0, pageSize)
  const entries = page.map((key) => {
    const { bytes, at } = objects.get(key)!
    return `<Contents><Key>${key}</Key><LastModified>${at.toISOString()}</LastModified><Size>${bytes.length}</Size></Contents>`
  })
  const next =
    keys.length > pageSize
      ? `<NextContinuationToken>${escape(`after <${page.at(-1)}>`)}</NextContinuationToken>`
      : ''
  send(response, 200, `<ListBucketResult>${entries.join('')}${next}</ListBucketResult>`)
}

function listUploads(
  response: ServerResponse,
  query: URLSearchParams,
  uploads: ReadonlyMap<string, Upload>,
): void {
  const marker = `${query.get('key-marker') ?? ''} ${query.get('upload-id-marker') ?? ''}`
  const left = [...uploads]
    .filter(([, { key }]) => key.startsWith(query.get('prefix')!))
    .map(([id, upload]) => ({ id, ...upload }))
    .filter(({ id, key }) => `${key} ${id}` > marker)
    .toSorted((one, other) => (`${one.key} ${one.id}` < `${other.key} ${other.id}` ? -1 : 1))
  const page = left.slice(0, pageSize)
  const entries = page.map(
    ({ id, key, begunAt }) =>
      `<Upload><Key>${key}</Key><UploadId>${escape(id)}</UploadId><Initiated>${begunAt.toISOString()}</Initiated></Upload>`,
  )
  const more = left.length > pageSize
  const last = page.at(-1)
  const markers = more
    ? `<NextKeyMarker>${last!.key}</NextKeyMarker><NextUploadIdMarker>${escape(last!.id)}</NextUploadIdMarker>`
    : ''
  send(response, 200, `<Result>${entries.join('')}<IsTruncated>${more}</IsTruncated>${markers}</Result>`)
}

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

function refuse(response: ServerResponse, status: number, code: string): void {
  send(response, status, `<?xml version="1.0"?><Error><Code>${code}</Code></Error>`)
}

function send(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, status === 204 ? {} : { 'content-type': 'application/xml' }).end(text)
}
