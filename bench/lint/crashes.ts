/**
 * `npm run bench:crashes -- FOLDER [--limit N] [--splices N] [--json]`: `strict` over files of any kind, such as the test cases of a
 * compiler. Counts where a rule throws, and where a file that does not parse passes. Each expression of the files is also put into
 * programs that query a database, for most of such files never mention one.
 */
import { readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { placesOf, replaced } from '../../test/support/splice.ts'
import { lintStrictly, parseOnly } from '../../test/support/strict-lint.ts'
import { sourceFiles } from './files.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    limit: { type: 'string', default: '100000' },
    splices: { type: 'string', default: '4' },
    from: { type: 'string', default: '0' },
    json: { type: 'boolean', default: false },
  },
})

const folder = positionals[0]
if (folder === undefined) {
  console.error('Name a folder with source files.')
  process.exit(2)
}

const root = resolve(import.meta.dirname, '../../fixtures/lint')
const hosts = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .sort()
  .map((path) => ({
    code: readFileSync(join(root, path), 'utf8'),
    tenancy: join(root, path.split('/')[0]!, 'tenancy.json'),
  }))
  .flatMap((host) => placesOf(host.code, 'host.ts')?.expressions.map((range) => ({ ...host, range })) ?? [])

const counts = { files: 0, programs: 0, unparsable: 0, parserThrows: 0, crashes: 0, silent: 0 }
const crashes = new Map<string, { count: number; readonly first: string; readonly code: string }>()

function check(code: string, filename: string, tenancy: string, label: string): void {
  counts.programs += 1
  const linted = lintStrictly(code, filename, tenancy)
  if (linted.kind === 'linted') {
    if (linted.messages.some((message) => message.fatal)) counts.unparsable += 1
    return
  }
  const alone = parseOnly(code, filename)
  if (alone.kind === 'thrown') {
    counts.parserThrows += 1
    return
  }
  counts.crashes += 1
  const lines = (linted.error.stack ?? '').split('\n')
  const key = [
    lines[0],
    lines.find((line) => line.startsWith('Rule:')),
    ...lines.filter((line) => line.includes('/rules/')).slice(0, 2),
  ].join(' ')
  const known = crashes.get(key)
  if (known === undefined) crashes.set(key, { count: 1, first: label, code })
  else known.count += 1
}

let turn = 0
for (const file of sourceFiles(resolve(folder), Number(values.limit)).slice(Number(values.from))) {
  counts.files += 1
  const code = readFileSync(file, 'utf8')
  check(code, file, hosts[turn % hosts.length]!.tenancy, file)
  const parts = placesOf(code, file)?.expressions ?? []
  for (let splice = 0; splice < Number(values.splices) && splice < parts.length; splice += 1) {
    // Stepped through with strides that share no divisor with most counts, so that a run is the same each time and meets all hosts.
    turn += 7919
    const host = hosts[turn % hosts.length]!
    const [from, to] = parts[(turn + splice * 31) % parts.length]!
    check(
      replaced(host.code, host.range, code.slice(from, to)),
      /x$/.test(file) ? 'host.tsx' : 'host.ts',
      host.tenancy,
      `${file}:${from}`,
    )
  }
}

if (values.json)
  console.log(
    JSON.stringify({
      ...counts,
      kinds: [...crashes].map(([key, { count, first, code }]) => ({ key, count, first, code })),
    }),
  )
else {
  console.log(
    `${counts.files} files, ${counts.programs} programs: ${counts.crashes} crashes, ${counts.unparsable} that do not parse, ` +
      `${counts.parserThrows} where the parser alone throws`,
  )
  for (const [key, { count, first }] of crashes) console.log(`${count} × ${key}\n    first: ${first}`)
}
process.exit(counts.crashes === 0 ? 0 : 1)
