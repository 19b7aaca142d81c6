import { request, type IncomingMessage } from 'node:http'
import { once } from 'node:events'

export interface ServerSentEvent {
  readonly id: number
  readonly data: any
}

/** A stream of server-sent events, read as a browser reads it. */
export interface EventReader {
  readonly status: number
  readonly events: ServerSentEvent[]
  /** The last id, of events and of frames without data. */
  readonly lastId: () => number
  /** Frames without an event. */
  readonly heartbeats: () => number
  /** Resolves when the predicate holds; rejects when the stream ends before. */
  readonly until: (holds: (events: readonly ServerSentEvent[]) => boolean) => Promise<void>
  readonly ended: Promise<void>
  readonly isOpen: () => boolean
  readonly response: IncomingMessage
  readonly close: () => void
}

export interface StreamRequest {
  readonly lastEventId?: number | undefined
  readonly query?: string
}

/** Opens a stream on a service that listens. */
export async function openEvents(
  url: string,
  token: string,
  { lastEventId, query = '' }: StreamRequest = {},
): Promise<EventReader> {
  const sent = request(new URL(`/activity/stream${query}`, url), {
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'text/event-stream',
      ...(lastEventId !== undefined && { 'last-event-id': String(lastEventId) }),
    },
    agent: false,
  })
  sent.end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  const events: ServerSentEvent[] = []
  const waiting = new Set<() => void>()
  let [last, heartbeats, rest, open] = [0, 0, '', true]
  response.setEncoding('utf8')
  response.on('data', (chunk: string) => {
    const frames = (rest + chunk).split('\n\n')
    rest = frames.pop()!
    for (const frame of frames) {
      const fields = Object.fromEntries(
        frame
          .split('\n')
          .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
      )
      if (fields['id'] !== undefined) last = Number(fields['id'])
      if (fields['data'] === undefined) heartbeats += fields['retry'] === undefined ? 1 : 0
      else events.push({ id: last, data: JSON.parse(fields['data']) })
    }
    for (const look of waiting) look()
  })
  response.on('error', () => {})
  const ended = new Promise<void>((resolve) => {
    response.once('close', () => {
      open = false
      for (const look of waiting) look()
      resolve()
    })
  })
  const until: EventReader['until'] = (holds) =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const done = holds(events)
        if (!done && open) return
        waiting.delete(look)
        if (done) resolve()
        else reject(new Error(`the stream ended after ${events.length} events`))
      }
      waiting.add(look)
      look()
    })
  // The first frame says where the stream begins.
  if (response.statusCode === 200) await Promise.race([once(response, 'data'), ended])
  return {
    status: response.statusCode!,
    events,
    lastId: () => last,
    heartbeats: () => heartbeats,
    until,
    ended,
    isOpen: () => open,
    response,
    close: () => response.destroy(),
  }
}
