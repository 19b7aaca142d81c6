/**
 * `npm run bench:harness -- [TARGET.ts] [--seconds N] [--seed N]`: judged requests per second of a campaign, as a ratio to the same requests
 * sent to the same instances by a bare undici pool at the same concurrency, in one run. Attack time only: start and provisioning do not count.
 */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { Pool } from 'undici'
import { startPostgres } from '../harness/postgres/server.ts'
import { runCampaign } from '../harness/run/campaign.ts'
import type { SentRequest } from '../harness/run/options.ts'
import { loadTarget } from '../harness/target/load.ts'
import type { StartedService, Target } from '../harness/target/target.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    lanes: { type: 'string', default: '16' },
    json: { type: 'boolean', default: false },
  },
})
const lanes = Number(values.lanes)
const loaded = await loadTarget(
  positionals[0] ?? resolve(import.meta.dirname, '../fixtures/watertight.target.ts'),
)
const postgres = await startPostgres()
const alive: StartedService[] = []
const release = new AbortController()

/** The campaign's instances outlive it, so that the same requests can be sent to them again. */
const kept: Target = {
  ...loaded.target,
  ...(loaded.target.start && {
    start: async (environment) => {
      const service = await loaded.target.start!({ ...environment, signal: release.signal })
      alive.push(service)
      return { ...service, stop: async () => {} }
    },
  }),
}

/** All requests in the order they were sent, at most `lanes` in flight, bodies read. */
async function bare(requests: readonly SentRequest[]): Promise<number> {
  let broken = 0
  const pools = new Map<string, Pool>()
  for (const { origin } of requests) {
    if (!pools.has(origin)) pools.set(origin, new Pool(origin, { connections: lanes, pipelining: 1 }))
  }
  let next = 0
  const worker = async (): Promise<void> => {
    for (let index = next++; index < requests.length; index = next++) {
      const { origin, method, path, headers, body } = requests[index]!
      const answer = await pools.get(origin)!.request({ method: method as 'GET', path, headers, body })
      await answer.body.text()
      if (answer.statusCode >= 500) broken += 1
    }
  }
  const started = performance.now()
  await Promise.all(Array.from({ length: lanes }, worker))
  const seconds = (performance.now() - started) / 1000
  await Promise.all([...pools.values()].map((pool) => pool.close()))
  // A service that is broken by then would be measured failing fast.
  if (broken > requests.length / 50)
    throw new Error(`${broken} of ${requests.length} bare requests answered 5xx`)
  return requests.length / seconds
}

try {
  const requests: SentRequest[] = []
  const summary = await runCampaign(
    {
      target: { ...loaded, target: kept },
      seconds: Number(values.seconds),
      seed: Number(values.seed),
      lanes,
      // The databases outlive the campaign, too.
      postgres: { ...postgres, dropDatabase: async () => {} },
      onRequest: (request) => requests.push(request),
    },
    () => {},
  )
  if (summary.verdict === 'inconclusive') throw new Error(summary.problem?.message ?? 'inconclusive')
  const bareRate = await bare(requests)
  const figures = {
    verdict: summary.verdict,
    requests: summary.requests,
    judgedPerSecond: Math.round(summary.requestsPerSecond),
    barePerSecond: Math.round(bareRate),
    ratio: Number((summary.requestsPerSecond / bareRate).toFixed(2)),
    residentMegabytes: Math.round(process.memoryUsage().rss / 2 ** 20),
  }
  if (values.json) console.log(JSON.stringify(figures))
  else
    console.log(
      `${figures.requests} requests: ${figures.judgedPerSecond}/s judged, ${figures.barePerSecond}/s bare, ratio ${figures.ratio} ` +
        `(at least 0.6); verdict ${figures.verdict}, ${figures.residentMegabytes} MB resident`,
    )
} finally {
  await Promise.all(alive.map((service) => service.stop()))
  release.abort()
  await postgres.stop()
}
