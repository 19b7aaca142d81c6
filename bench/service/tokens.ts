/** `npm run bench:service -- tokens`: microseconds to sign a session token, to verify one for the first time, and to verify it again. */
import { openConnections } from '../../fixtures/service/database.ts'
import { ServiceKey } from '../../fixtures/service/identification/service-key.ts'
import { SigningKeys } from '../../fixtures/service/identification/signing-keys.ts'
import { Tokens } from '../../fixtures/service/identification/tokens.ts'
import { operatorRole, roleUrl } from '../../fixtures/service/isolation/roles.ts'
import { buildService } from '../../fixtures/service/service.ts'
import { startPostgres } from '../../harness/postgres/server.ts'

const rounds = 2000
const id = '3f1f7c53-6f0c-4f5c-8f4a-0b8a4f1d2c3e'

async function microseconds(work: (round: number) => Promise<unknown>): Promise<number> {
  const started = performance.now()
  for (let round = 0; round < rounds; round += 1) await work(round)
  return Math.round(((performance.now() - started) * 1000) / rounds)
}

const server = await startPostgres()
const { url } = await server.createDatabase()
const service = await buildService({ databaseUrl: url })
const registry = openConnections(roleUrl(url, operatorRole), 2)
try {
  for (const algorithm of ['EdDSA', 'RS256'] as const) {
    const serviceKey = new ServiceKey(Buffer.alloc(32, 1))
    const policy = { algorithm, tokenLifetimeSeconds: 3600 }
    const tokens = new Tokens(new SigningKeys(registry.database, serviceKey, policy), 3600)
    const issue = () => tokens.issue({ userId: id, tenantId: id, epoch: crypto.randomUUID() })
    for (let round = 0; round < 200; round += 1) await tokens.verify(await issue())
    const issued: string[] = []
    const sign = await microseconds(async () => issued.push(await issue()))
    const first = await microseconds((round) => tokens.verify(issued[round]!))
    const again = await microseconds((round) => tokens.verify(issued[round]!))
    console.log(`${algorithm}: sign ${sign} µs, verify ${first} µs, verify again ${again} µs`)
  }
} finally {
  await registry.close()
  await service.app.close()
  await server.stop()
}
