import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import type { CampaignSummary } from '../../harness/run/events.ts'
import type { LegFinding, Legs } from '../../harness/run/mutant-legs.ts'

/** A project with a very small multi-tenant service in it, which starts in a moment. */
export interface SmallProject {
  readonly root: string
  readonly service: string
  readonly mutants: string
  readonly write: (file: string, text: string) => void
  readonly remove: () => void
}

const server = `
import { createServer } from 'node:http'
import { greeting } from '../outside.mjs'
import { rows } from './rows.mjs'
import { name } from 'installed'
const service = createServer((request, response) => {
  const tenant = request.headers['x-tenant']
  const id = request.url.slice(1)
  const row = rows.find((row) => row.id === id && row.tenant === tenant)
  response.statusCode = row ? 200 : 404
  response.end(row ? row.secret : greeting + name)
})
service.listen(0, '127.0.0.1', () => console.log(service.address().port))
process.stdin.on('end', () => process.exit()).resume()
`

/** Lays the project out in a folder of its own; \`service\` uses a package and a file outside of its directory. */
export function smallProject(): SmallProject {
  const root = mkdtempSync(join(tmpdir(), 'watertight-mutants-'))
  const write = (file: string, text: string) => {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), text)
  }
  write('package.json', '{ "name": "small", "type": "module" }')
  write(
    'node_modules/installed/package.json',
    '{ "name": "installed", "type": "module", "main": "index.js" }',
  )
  write('node_modules/installed/index.js', `export const name = 'installed'`)
  write('app/outside.mjs', `export const greeting = 'no such row, says '`)
  write('app/service/server.mjs', server)
  write(
    'app/service/rows.mjs',
    `export const rows = [{ id: '1', tenant: 'a', secret: 'A' }, { id: '2', tenant: 'b', secret: 'B' }]\n`,
  )
  write('app/service/schema.sql', 'ALTER TABLE rows ENABLE ROW LEVEL SECURITY;\n')
  return {
    root,
    service: join(root, 'app/service'),
    mutants: join(root, 'mutants'),
    write,
    remove: () => rmSync(root, { recursive: true, force: true }),
  }
}

/** Real legs for the small service: two that read its source and one that attacks it. */
export const smallLegs: Legs = {
  lint: async (directory) => scan(directory, /\.mjs$/, /row\.id === id(?! && row\.tenant)/, 'tenant-filter'),
  audit: async (directory) => scan(directory, /\.sql$/, /DISABLE ROW/, 'rls-disabled'),
  fuzz: attack,
}

function scan(directory: string, files: RegExp, pattern: RegExp, by: string): LegFinding[] {
  return readdirSync(directory)
    .filter((name) => files.test(name))
    .flatMap((name) =>
      readFileSync(join(directory, name), 'utf8')
        .split('\n')
        .filter((line) => pattern.test(line))
        .map((line) => ({
          key: `${by}:${relative(directory, name)}:${line.trim()}`,
          by,
          message: line.trim(),
        })),
    )
}

async function attack(directory: string): Promise<CampaignSummary> {
  const child = spawn(process.execPath, [join(directory, 'server.mjs')], {
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  try {
    const port = await portOf(child)
    if (port === null) return summary('inconclusive', 0, 'E-TARGET-START', 'the service did not start')
    const get = (id: string) =>
      fetch(`http://127.0.0.1:${port}/${id}`, { headers: { 'x-tenant': 'a' } }).then((answer) =>
        answer.text(),
      )
    if ((await get('1')) !== 'A')
      return summary('uncovered', 1, 'E-TARGET-AUTH', 'the owner cannot read the row')
    return (await get('2')).includes('B') ? summary('finding', 2) : summary('clean', 2)
  } finally {
    child.kill()
  }
}

async function portOf(child: ChildProcess): Promise<number | null> {
  const ended = once(child, 'exit').then(() => null)
  const started = once(child.stdout!, 'data').then(([chunk]) => Number(String(chunk)))
  return Promise.race([started, ended])
}

function summary(
  verdict: CampaignSummary['verdict'],
  requests: number,
  code?: string,
  message = '',
): CampaignSummary {
  const finding = {
    id: 'foreign-read:getRow:foreign:B',
    oracle: 'foreign-read' as const,
    operation: 'getRow',
    relation: 'foreign' as const,
    title: "getRow returns another tenant's row",
    evidence: 'secret B',
    steps: [],
    requests,
    reproductionRate: 1,
    curl: '',
    trial: 0,
    receipt: null,
  }
  return {
    verdict,
    mode: 'hunt',
    seed: 1,
    trials: 1,
    requests,
    seconds: 0.1,
    requestsPerSecond: requests,
    findings: verdict === 'finding' ? [finding] : [],
    coverage: { cells: 1, exercised: 1, gaps: [] },
    claim: null,
    problem: code === undefined ? null : { code, message },
  }
}

/** Nothing of a copy is left behind. */
export function leftovers(project: SmallProject): string[] {
  const folder = join(project.root, '.watertight')
  return existsSync(folder) ? readdirSync(folder) : []
}
