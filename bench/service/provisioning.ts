/**
 * `npm run bench:service -- provisioning`: how long it takes to make a tenant in each tier, and what a tenant's requests cost among 10, 1,000 and
 * 10,000 others in the shared tables.
 */
import { median } from './figures.ts'
import { makeTenant, populated } from './populated.ts'

const { service, tenants, close } = await populated({ tenants: 1, tasks: 100, workers: false })

for (const [tier, plan, count, goal] of [
  ['row', 'team', 40, 200],
  ['schema', 'business', 10, 2000],
  ['database', 'enterprise', 10, 2000],
] as const) {
  const times: number[] = []
  for (let index = 0; index < count; index += 1) {
    const started = performance.now()
    await makeTenant(service, `new-${tier}-${index}`, 0, plan)
    times.push(performance.now() - started)
  }
  console.log(`provisioning, ${tier}: ${median(times).toFixed(0)} ms (median of ${count}; goal ${goal})`)
}

const [measured] = tenants
async function request(): Promise<number> {
  const started = performance.now()
  const answer = await service.app.inject({
    method: 'GET',
    url: '/tasks?limit=20',
    headers: { authorization: `Bearer ${measured!.token}` },
  })
  if (answer.statusCode !== 200) throw new Error(`GET /tasks answered ${answer.statusCode}`)
  return performance.now() - started
}

let made = 0
const medians: number[] = []
const sizes = [10, 1000, 10_000]
for (const size of sizes) {
  while (made < size) {
    const batch = Math.min(20, size - made)
    await Promise.all(
      Array.from({ length: batch }, (_, index) => makeTenant(service, `flat-${made + index}`, 5, 'team')),
    )
    made += batch
    if (made % 500 === 0) console.error(`made ${made} tenants of ${sizes.at(-1)}`)
  }
  for (let index = 0; index < 200; index += 1) await request()
  const times: number[] = []
  for (let index = 0; index < 500; index += 1) times.push(await request())
  medians.push(median(times))
}
console.log(
  `flat cost: ${medians.map((time, index) => `${time.toFixed(2)} ms among ${sizes[index]}`).join(', ')}; ` +
    `${(medians.at(-1)! / medians[0]!).toFixed(2)} times from the first to the last`,
)
await close()
