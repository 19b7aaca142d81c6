/** What targets of services that we did not write share: find the clone, start it with Node, talk JSON to it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import type { Operation, StartedService } from '../../harness/index.ts'

/** Folder of a cloned repository below `WATERTIGHT_CORPUS`, named `owner__name` or `name`. */
export function clone(repository: string, folder = '.'): string {
  const corpus = resolve(process.env.WATERTIGHT_CORPUS ?? 'corpus')
  const [owner, name] = repository.split('/') as [string, string]
  const found = [join(corpus, `${owner}__${name}`), join(corpus, name)].find((path) => existsSync(path))
  return join(found ?? join(corpus, name), folder)
}

export interface NodeService {
  readonly directory: string
  readonly environment: Readonly<Record<string, string>>
  /** Script that migrates the database, null when it is migrated. */
  readonly migrate: string | null
  readonly main: string
  readonly nodeArguments?: readonly string[]
  /** Path that answers 200 once the service is up. */
  readonly health: string
  readonly signal: AbortSignal
  readonly log: (line: string) => void
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** Migrates when asked, starts the service on a free port and waits until it is healthy. */
export async function startNode(service: NodeService): Promise<StartedService> {
  const port = await freePort()
  const env = { ...process.env, NODE_ENV: 'production', ...service.environment, PORT: String(port) }
  const run = (script: string) => {
    const child = spawn(process.execPath, [...(service.nodeArguments ?? []), script], {
      cwd: service.directory,
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    child.stderr.on('data', (chunk: Buffer) => service.log(chunk.toString().trimEnd()))
    return child
  }
  if (service.migrate !== null) {
    const [code] = (await once(run(service.migrate), 'exit')) as [number | null]
    if (code !== 0) throw new Error(`${service.migrate} ended with code ${code}`)
  }
  const child = run(service.main)
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  service.signal.addEventListener('abort', () => void stop(), { once: true })
  const baseUrl = `http://127.0.0.1:${port}`
  const deadline = Date.now() + 20_000
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${service.main} ended with code ${child.exitCode}`)
    const healthy = await fetch(baseUrl + service.health).then(
      (answer) => answer.ok,
      () => false,
    )
    if (healthy) return { baseUrl, stop }
    if (Date.now() > deadline) throw new Error(`${service.health} did not answer 200 within 20 s`)
    await new Promise((proceed) => setTimeout(proceed, 50))
  }
}

/** One JSON request; throws on anything but 2xx. */
// The answers of foreign services have no types.
export async function json(method: string, url: string, body: unknown, token?: string): Promise<any> {
  const answer = await fetch(url, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${method} ${new URL(url).pathname} answered ${answer.status}`)
  return answer.json()
}

/** `call('updateTask', 'PUT /api/tasks/{taskId}', { title: text }, ['title'])`; body properties that end in `Id` take ids. */
export function call(
  id: string,
  route: string,
  properties?: Record<string, unknown>,
  required: string[] = [],
) {
  const [method, path] = route.split(' ') as [Operation['method'], string]
  const schema = { type: 'object', properties, required }
  return {
    id,
    method,
    path,
    ...(properties && { body: { contentType: 'application/json', required: true, schema } }),
  }
}
