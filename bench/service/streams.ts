/**
 * `npm run bench:service -- streams`: what a thousand idle streams of one tenant cost an instance in memory, and how long
 * it takes until all of them have heard of a change.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { request, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { startPostgres } from '../../harness/postgres/server.ts'
import { median } from './figures.ts'

const people = 100
const streamsEach = 10
const rounds = 5

const server = await startPostgres()
const { url: databaseUrl } = await server.createDatabase()
const main = join(import.meta.dirname, '../../fixtures/service/main.ts')
const child = spawn(process.execPath, ['--import', 'tsx', main, '--database', databaseUrl], {
  env: { ...process.env, AUDIT_READ_SHARE: '0' },
  stdio: ['ignore', 'pipe', 'ignore'],
})
const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
const { url, operatorToken } = JSON.parse(line) as { url: string; operatorToken: string }

async function ask(method: string, path: string, token: string, body: object): Promise<any> {
  const answer = await fetch(new URL(path, url), {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}`)
  return answer.json()
}

/** Of the instance, in kibibytes. */
async function residentMemory(): Promise<number> {
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)![1])
}

async function open(token: string): Promise<IncomingMessage> {
  const sent = request(new URL('/activity/stream', url), {
    agent: false,
    headers: { authorization: `Bearer ${token}` },
  })
  sent.end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  if (response.statusCode !== 200) throw new Error(`the stream was answered ${response.statusCode}`)
  return response
}

const members = Array.from({ length: people }, (_, index) => ({
  role: 'member',
  name: `Person ${index}`,
  email: `person-${index}@example.org`,
}))
const tenant = await ask('POST', '/operator/tenants', operatorToken, {
  slug: 'streams',
  name: 'Streams',
  plan: 'team',
  members: [...members.slice(1), { ...members[0], role: 'admin' }],
})
await ask('PUT', `/operator/tenants/${tenant.id}/quotas`, operatorToken, {
  plan: 'unlimited',
  reason: 'measured',
})
const tokens: string[] = tenant.members.map(({ token }: { token: string }) => token)
for (const token of tokens) await open(token).then((stream) => stream.destroy())
await delay(3000)

const before = await residentMemory()
const streams: IncomingMessage[] = []
for (const token of tokens) {
  streams.push(...(await Promise.all(Array.from({ length: streamsEach }, () => open(token)))))
}
const frames = streams.map(() => 0)
for (const [index, stream] of streams.entries()) {
  stream.setEncoding('utf8').on('data', (text: string) => {
    frames[index]! += text.split('event: activity').length - 1
  })
}
await delay(5000)
const after = await residentMemory()
console.log(`${streams.length} idle streams: ${((after - before) / streams.length).toFixed(1)} KiB each`)

const times: number[] = []
for (let round = 1; round <= rounds; round += 1) {
  const started = performance.now()
  await ask('PUT', '/labels', tokens[0]!, { name: `round ${round}`, color: 'red' })
  while (frames.some((count) => count < round)) await delay(5)
  times.push(performance.now() - started)
}
console.log(`a change is known to all of them after ${median(times).toFixed(0)} ms (median of ${rounds})`)
for (const stream of streams) stream.destroy()
child.kill('SIGTERM')
await once(child, 'exit')
await server.stop()
