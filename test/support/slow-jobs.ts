/**
 * The reference service as a process that can be killed, with a kind of job that takes its time: it says how far it has come,
 * and what it leaves behind can be counted.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { jobKind } from '../../fixtures/service/jobs/kind.ts'
import { buildService } from '../../fixtures/service/service.ts'

const [databaseUrl] = process.argv.slice(2) as [string]
const slow = jobKind<{ readonly name: string; readonly milliseconds: number }>('test.slow', {
  attempts: 50,
  pause: () => 100,
})

const service = await buildService({ databaseUrl, workers: false, schedules: false, workerConcurrency: 4 })
const say = (word: string) => process.stdout.write(`${word}\n`)

service.jobs.handle(slow, {
  perform: async (job) => {
    say(`performing ${job.jobId}`)
    await delay(job.arguments.milliseconds)
  },
  conclude: async (transaction, job) => {
    const row = { tenant_id: job.tenantId, name: `${job.arguments.name} ${job.attempt}` }
    await transaction.insertInto('labels').values(row).execute()
    await delay(job.arguments.milliseconds)
    return 'labelled'
  },
})
process.on('SIGTERM', () => void service.app.close())
say('ready')
await service.jobs.start()
