import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Problem } from '../../rules/problem.ts'
import { loadTenancy } from '../../rules/tenancy/read.ts'
import { readArguments, usage } from './arguments.ts'
import type { Command } from './command.ts'

const help = `
Usage: watertight explain FILE:LINE [--tenancy FILE]

Shows a query as watertight understands it: relations, parameters and where their values come from, and for every relation
the verdict with its evidence.

  FILE:LINE        a line of the query, in a JavaScript or TypeScript file
  --tenancy FILE   the tenancy model (tenancy.json)

Example:
  watertight explain src/projects/repository.ts:42
`

/** Explains one query. */
export const explain: Command = {
  name: 'explain',
  summary: 'show a query as understood, with verdict and evidence',
  help,
  run: async (argv, io) => {
    const { options, positionals } = readArguments(
      'explain',
      argv,
      { tenancy: 'one' },
      { least: 1, most: 1, what: 'FILE:LINE' },
    )
    const place = /^(.+?):(\d+)(?::\d+)?$/.exec(positionals[0]!)
    if (place === null || Number(place[2]) < 1) {
      throw usage('explain', `${JSON.stringify(positionals[0])} is not FILE:LINE`)
    }
    const file = resolve(io.cwd, place[1]!)
    if (!existsSync(file)) throw usage('explain', `there is no ${place[1]}`)
    const tenancy = loadTenancy(options.tenancy ?? 'tenancy.json', { cwd: io.cwd })
    const { explain: explainQuery } = await importPlugin()
    io.stdout.write(`${await explainQuery(readFileSync(file, 'utf8'), file, Number(place[2]), tenancy)}\n`)
    return 0
  },
}

/** The plugin needs ESLint, which a project that only audits or fuzzes may not have. */
async function importPlugin() {
  try {
    await import('eslint')
  } catch (cause) {
    throw new Problem(
      'E-USAGE',
      'watertight explain needs the package eslint, which is not installed.',
      'Install it: npm install --save-dev eslint @typescript-eslint/parser',
      { cause },
    )
  }
  return import('../../rules/index.ts')
}
