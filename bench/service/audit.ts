/**
 * `npm run bench:service -- audit`: what the audit trail costs: requests that write and requests that read through the service, with the
 * trail over the same without it.
 */
import { TransactionAudit } from '../../fixtures/service/leakage/audit/trail.ts'
import { median } from './figures.ts'
import { populated } from './populated.ts'

const rounds = 40
const perRound = 25

const { tenants, service, close } = await populated({ tenants: 4, tasks: 200 })

async function request(method: 'GET' | 'PATCH', index: number): Promise<void> {
  const { token, taskIds } = tenants[index % tenants.length]!
  const answer = await service.app.inject({
    method,
    url: method === 'GET' ? '/tasks?limit=20' : `/tasks/${taskIds[index % taskIds.length]!}`,
    headers: { authorization: `Bearer ${token}` },
    ...(method === 'PATCH' && { payload: { title: `Task ${index}` } }),
  })
  if (answer.statusCode !== 200) throw new Error(`${method} answered ${answer.statusCode}: ${answer.body}`)
}

const saw = Object.getOwnPropertyDescriptor(TransactionAudit.prototype, 'saw')!
/** A trail that sees nothing has nothing to record. */
const use = (trail: 'on' | 'off') =>
  Object.defineProperty(TransactionAudit.prototype, 'saw', trail === 'on' ? saw : { ...saw, value: () => {} })

for (const method of ['PATCH', 'GET'] as const) {
  const times = { on: [] as number[], off: [] as number[] }
  for (let round = 0; round < rounds; round += 1) {
    for (const trail of round % 2 === 0 ? (['on', 'off'] as const) : (['off', 'on'] as const)) {
      use(trail)
      const started = performance.now()
      for (let index = 0; index < perRound; index += 1) await request(method, round * perRound + index)
      times[trail].push((performance.now() - started) / perRound)
    }
  }
  const [on, off] = [median(times.on), median(times.off)]
  console.log(
    `audit, ${method === 'GET' ? 'a request that reads' : 'a request that writes'}: ${on.toFixed(3)} ms; ` +
      `over the same without the trail (${off.toFixed(3)} ms) ${(on / off).toFixed(2)}`,
  )
}
use('on')
await close()
