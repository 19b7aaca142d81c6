import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll } from 'vitest'
import { compiled } from './compiled.ts'
import type { Ask } from './service.ts'

/** The reference service in a process that can be killed. */
export interface ServiceProcess {
  readonly child: ChildProcess
  readonly url: string
  readonly ask: (token: string) => Ask
}

const running = new Set<ChildProcess>()

/** What a test leaves behind that has failed. */
afterAll(() => {
  for (const child of running) child.kill('SIGKILL')
})

const main = join(import.meta.dirname, '../../fixtures/service/main.ts')

export async function serve(
  databaseUrl: string,
  environment: Readonly<Record<string, string>>,
): Promise<ServiceProcess> {
  const child = spawn(process.execPath, [...(await compiled(main)), '--database', databaseUrl], {
    // What comes round by the clock would come in between.
    env: { ...process.env, SCHEDULES: 'off', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  tellCrash(child)
  running.add(child)
  child.once('exit', () => running.delete(child))
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string]
  const { url } = JSON.parse(line) as { url: string }
  const ask =
    (token: string): Ask =>
    async (request, { body, headers } = {}) => {
      const [method, path] = request.split(' ') as [string, string]
      const answer = await fetch(new URL(path, url), {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      const text = await answer.text()
      return {
        status: answer.status,
        headers: Object.fromEntries(answer.headers),
        text,
        json: text === '' ? null : JSON.parse(text),
      }
    }
  return { child, url, ask }
}

/** What a process says is of interest when it ends by a defect; a test sees only that nobody answers any more. */
function tellCrash(child: ChildProcess): void {
  let said = ''
  child.stderr!.on('data', (chunk: Buffer) => {
    said = `${said}${chunk.toString()}`.slice(-8192)
  })
  child.once('close', (code) => {
    if (code === 1) console.error(said)
  })
}
