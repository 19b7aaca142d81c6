/**
 * `npm run bench:service -- tracing`: what traces cost a request, over the same request without: recorded and thrown away, recorded for one
 * request in ten, and compiled in and switched off.
 */
import type { SpanExporter } from '@opentelemetry/sdk-trace-base'
import { buildService } from '../../fixtures/service/service.ts'
import { untraced } from '../../fixtures/service/operations/tracing/tracing.ts'
import { median } from './figures.ts'
import { populated } from './populated.ts'

const rounds = 40
const perRound = 40

const nowhere: SpanExporter = { export: (_spans, done) => done({ code: 0 }), shutdown: async () => {} }
const { databaseUrl, tenants, service: off, close } = await populated({ tenants: 2, tasks: 100 })
const all = await buildService({ databaseUrl, tracing: { exporter: nowhere } })
const tenth = await buildService({ databaseUrl, tracing: { exporter: nowhere, share: 0.1 } })
const services = { off, all, tenth }
const tokens = new Map<string, string>()
for (const [name, { app, operatorToken }] of Object.entries(services)) {
  const headers = { authorization: `Bearer ${operatorToken}` }
  const url = `/operator/tenants/${tenants[0]!.context.tenantId}`
  tokens.set(name, (await app.inject({ url, headers })).json().members[0].token)
}

const times = { off: [] as number[], all: [] as number[], tenth: [] as number[] }
const names = Object.keys(services) as (keyof typeof services)[]
for (let round = 0; round < rounds + 5; round += 1) {
  for (const name of round % 2 === 0 ? names : names.toReversed()) {
    const headers = { authorization: `Bearer ${tokens.get(name)}` }
    const started = performance.now()
    for (let index = 0; index < perRound; index += 1) {
      const { statusCode } = await services[name].app.inject({ url: '/tasks?limit=20', headers })
      if (statusCode !== 200) throw new Error(`GET /tasks answered ${statusCode}`)
    }
    if (round >= 5) times[name].push((performance.now() - started) / perRound)
  }
}
const [none, some, every] = [median(times.off), median(times.tenth), median(times.all)]
console.log(
  `tracing: a page of 20 in ${none.toFixed(3)} ms; with every request traced ${(every / none).toFixed(2)} times, with one in ten ${(some / none).toFixed(2)} times`,
)

const calls = 1_000_000
const work = async () => 1
const measure = async (call: () => Promise<number>): Promise<number> => {
  const started = performance.now()
  for (let index = 0; index < calls; index += 1) await call()
  return ((performance.now() - started) / calls) * 1e6
}
await measure(work)
const [bare, through] = [
  await measure(work),
  await measure(() => untraced.span('statement', work, () => ({ 'tracker.tier': 'row' }))),
]
console.log(`tracing, switched off: ${Math.max(0, through - bare).toFixed(0)} ns a span`)
await Promise.all([all.app.close(), tenth.app.close()])
await close()
