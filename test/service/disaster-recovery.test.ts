import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { contents, fill } from '../support/recovery.ts'
import { serviceOnFreshDatabase } from '../support/service.ts'

const guide = readFileSync(join(import.meta.dirname, '../../docs/guides/disaster-recovery.md'), 'utf8')

/** The commands under a heading. */
function commands(heading: string): string {
  const section = guide.split(/^## /m).find((text) => text.startsWith(`${heading}\n`))
  const blocks = [...section!.matchAll(/^```bash\n(.*?)^```$/gms)].map(([, block]) => block!)
  expect(blocks.length).toBeGreaterThan(0)
  return blocks.join('')
}

it('the guide’s commands do what the guide says', async () => {
  const service = await serviceOnFreshDatabase()
  const tenant = await service.tenant('acme')
  const [first, second] = await fill(tenant, service.operator)
  const url = await service.app.listen({ host: '127.0.0.1', port: 0 })
  const run = async (script: string, environment: Record<string, string> = {}) => {
    const { stdout } = await promisify(execFile)(
      'bash',
      ['-euo', 'pipefail', '-c', `${commands('Before')}${script}`],
      {
        env: {
          ...process.env,
          URL: url,
          OPERATOR_TOKEN: service.operatorToken,
          TENANT: tenant.id,
          ...environment,
        },
      },
    )
    return stdout
  }
  expect(await run(commands('A backup'))).toContain('"state":"complete"')
  const point = (await run(`${commands('A recovery point')}\necho $POINT`)).trim()
  const wanted = await contents(tenant)

  await tenant.admin(`DELETE /projects/${second!.id}`)
  await tenant.admin(`PATCH /projects/${first!.id}`, { body: { name: 'Spoilt' } })
  const spoilt = await contents(tenant)
  expect(await run(commands('To a moment'), { POINT: point })).toContain('"phase":"done"')
  expect(await contents(tenant)).toEqual(wanted)

  await run(commands('And back'))
  expect(await contents(tenant)).toEqual(spoilt)

  expect(await run(commands('Only what is missing'), { POINT: point })).toContain('done')
  expect((await contents(tenant))['tasks']).toHaveLength(12)
  expect((await tenant.admin(`GET /projects/${first!.id}`)).json.name).toBe('Spoilt')

  expect(await run(commands('Drills'))).toContain('"met":true')
  const headings = [...guide.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading!)
  const executed = [
    'Before',
    'A backup',
    'A recovery point',
    'To a moment',
    'And back',
    'Only what is missing',
    'Drills',
  ]
  expect(
    headings.filter((heading) => guide.split(`## ${heading}\n`)[1]!.split('\n## ')[0]!.includes('```bash')),
  ).toEqual(executed)
}, 60_000)
