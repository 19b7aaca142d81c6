import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** What an endpoint was told. */
export interface Received {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** An endpoint of this machine that webhooks are sent to. */
export interface Receiver {
  readonly url: string
  readonly port: number
  readonly received: readonly Received[]
  /** Answers from here on so; redirects lead to `location`. */
  readonly answer: (status: number, location?: string) => void
}

export async function receiver(host = '127.0.0.1'): Promise<Receiver> {
  const received: Received[] = []
  let status = 204
  let redirect: string | undefined
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const { url: path = '', headers } = request
      received.push({ path, headers, body: Buffer.concat(pieces).toString() })
      response.writeHead(status, redirect === undefined ? {} : { location: redirect }).end()
    })
  })
  server.listen(0, host)
  await once(server, 'listening')
  onTestFinished(() => void server.closeAllConnections())
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${host}:${port}/hook`,
    port,
    received,
    answer: (answered, location) => {
      status = answered
      redirect = location
    },
  }
}
