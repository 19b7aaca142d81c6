import { type Dispatcher, Pool } from 'undici'
import type { Answer } from '../oracles/oracle.ts'
import type { SentRequest } from './options.ts'

/** Longest wait for an answer. */
const patience = 15_000
/** Bytes of an answer that are kept; nothing larger is a plausible API answer. */
const mostBytes = 4 * 1024 * 1024

/** A connection pool to one origin, and the count of what was sent through it. */
export class Transport {
  readonly origin: string
  readonly #pool: Pool
  readonly #basePath: string
  readonly #onRequest: ((request: SentRequest) => void) | undefined
  requests = 0
  writes = 0

  constructor(baseUrl: string, connections: number, onRequest?: (request: SentRequest) => void) {
    const url = new URL(baseUrl)
    this.origin = url.origin
    this.#basePath = url.pathname.replace(/\/+$/, '')
    this.#pool = new Pool(url.origin, {
      connections,
      pipelining: 1,
      headersTimeout: patience,
      bodyTimeout: patience,
      keepAliveTimeout: 30_000,
    })
    this.#onRequest = onRequest
  }

  /** @throws the socket's error when no answer came */
  send(
    method: string,
    path: string,
    headers: Readonly<Record<string, string | string[]>>,
    body: string | null,
  ): Promise<Answer> {
    this.requests++
    if (method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS') this.writes++
    const full = this.#basePath + path
    this.#onRequest?.({ origin: this.origin, method, path: full, headers, body })
    return new Promise((resolve, reject) => {
      this.#pool.dispatch(
        { path: full, method: method as Dispatcher.HttpMethod, headers, body },
        new Collector(resolve, reject),
      )
    })
  }

  async close(): Promise<void> {
    await this.#pool.destroy()
  }
}

/** Gathers one answer. `dispatch` with a handler costs about half of what a body stream does. */
class Collector implements Dispatcher.DispatchHandler {
  readonly #resolve: (answer: Answer) => void
  readonly #reject: (error: Error) => void
  readonly #started = performance.now()
  readonly #chunks: Buffer[] = []
  #bytes = 0
  #status = 0
  #headers: Answer['headers'] = {}

  constructor(resolve: (answer: Answer) => void, reject: (error: Error) => void) {
    this.#resolve = resolve
    this.#reject = reject
  }

  onRequestStart(): void {}

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    this.#status = status
    this.#headers = headers as Answer['headers']
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length
    if (this.#bytes <= mostBytes) this.#chunks.push(chunk)
    // An endless stream (server-sent events) would hold the lane for ever.
    else controller.abort(new Error('answer too large'))
  }

  onResponseEnd(): void {
    this.#settle()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#status !== 0 && this.#bytes > 0) this.#settle()
    else this.#reject(error)
  }

  #settle(): void {
    const body =
      this.#chunks.length === 1
        ? this.#chunks[0]!.toString('utf8')
        : Buffer.concat(this.#chunks).toString('utf8')
    this.#resolve({
      status: this.#status,
      headers: this.#headers,
      body,
      json: parse(body),
      milliseconds: performance.now() - this.#started,
    })
  }
}

function parse(body: string): unknown {
  const first = body.charCodeAt(0)
  // `{`, `[`, `"` or white space: everything else is no document that an id could be found in.
  if (first !== 123 && first !== 91 && first !== 34 && first > 32) return undefined
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
