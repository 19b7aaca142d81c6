/** `npm run bench:database`: a cold start of the embedded server (nothing cached) and warm ones, in milliseconds. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '../harness/postgres/server.ts'

const cache = mkdtempSync(join(tmpdir(), 'watertight-bench-'))
// As root the server runs as somebody else, who has to get in.
chmodSync(cache, 0o755)
process.env.TMPDIR = cache
const times: number[] = []
let kind = ''
for (let run = 0; run < 6; run += 1) {
  const server = await startPostgres({ databaseUrl: null })
  times.push(Math.round(server.startMilliseconds))
  kind = `${server.kind} ${server.version}`
  await server.stop()
}
rmSync(cache, { recursive: true, force: true })
const warm = times.slice(1).sort((a, b) => a - b)
console.log(`${kind}: cold ${times[0]} ms, warm ${warm[2]} ms (median of ${warm.length})`)
