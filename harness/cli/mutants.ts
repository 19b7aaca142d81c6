import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Problem } from '../../rules/problem.ts'
import type { PostgresServer } from '../postgres/server.ts'
import type { Leg } from '../run/mutant-legs.ts'
import type { LoadedTarget } from '../target/load.ts'
import { type Options, readArguments, usage, wholeNumber } from './arguments.ts'
import { type Command, exitCodes, type Io } from './command.ts'
import { mutantPrinter, mutantsJson } from './mutants-print.ts'
import { targetFrom } from './target-file.ts'

const help = `
Usage: watertight mutants --service DIR --target FILE --dir DIR... [--only ID]... [--legs lint,audit,fuzz] [--json]

Runs linter, auditor and fuzzer on deliberately leaky variants of a service, and prints which of them kills which variant. A
variant that nobody kills is a hole in watertight; so is a twin, or the clean service, that somebody kills.

  --service DIR    the service's source
  --target FILE    its target file
  --dir DIR        a folder of mutants; may be given several times
  --only ID        only this mutant; may be given several times
  --legs LIST      which legs to run (lint,audit,fuzz)
  --tenancy FILE   the tenancy model (the target's, else tenancy.json in the service)
  --seconds N      fuzz each variant for at most so long (20)
  --trials N       or for so many trials
  --seed S         seed of the campaigns (1)
  --jobs N         variants side by side (2)
  --json           one JSON document on standard output, and nothing else there

Example:
  watertight mutants --service src --target watertight.target.ts --dir mutants --legs lint,audit
`

const spec = {
  service: 'one',
  target: 'one',
  dir: 'many',
  only: 'many',
  legs: 'one',
  tenancy: 'one',
  seconds: 'one',
  trials: 'one',
  seed: 'one',
  jobs: 'one',
  json: 'flag',
} as const

const allLegs: readonly Leg[] = ['lint', 'audit', 'fuzz']

/** Runs mutants. */
export const mutants: Command = {
  name: 'mutants',
  summary: 'measure linter, auditor and fuzzer on leaky variants of a service',
  help,
  run: async (argv, io) => {
    const { options } = readArguments('mutants', argv, spec, { most: 0, what: '' })
    if (options.service === null) throw usage('mutants', '--service is missing')
    if (options.dir.length === 0) throw usage('mutants', '--dir is missing')
    const legs = readLegs(options.legs)
    const target = await targetFrom(options.target ?? undefined, io)
    const collection = await chosenMutants(options, io)
    const server = await serverFor(target, legs)
    try {
      const { runMutants } = await import('../run/mutants.ts')
      const { verdictOf } = await import('../run/mutant-result.ts')
      const { legsFor } = await import('./mutant-legs.ts')
      const result = await runMutants(
        {
          ...collection,
          directory: resolve(io.cwd, options.service),
          legs,
          only: options.only.length === 0 ? collection.mutants.map(({ id }) => id) : options.only,
          concurrency: options.jobs === null ? 2 : wholeNumber('mutants', 'jobs', options.jobs, 1),
          signal: io.signal,
        },
        legsFor(tenancyOf(options, target, io), {
          ...campaignOf(options),
          target,
          ...(server && { postgres: server }),
        }),
        mutantPrinter(options.json ? io.stderr : io.stdout),
      )
      const judged = verdictOf(result)
      const verdict = io.signal.aborted && judged === 'clean' ? 'inconclusive' : judged
      if (options.json) io.stdout.write(mutantsJson(result, verdict))
      return exitCodes[verdict]
    } finally {
      await server?.stop()
    }
  },
}

function readLegs(text: string | null): readonly Leg[] {
  if (text === null) return allLegs
  return text.split(',').map((name) => {
    const leg = allLegs.find((candidate) => candidate === name.trim())
    if (leg === undefined)
      throw usage('mutants', `--legs takes ${allLegs.join(', ')}, not ${JSON.stringify(name)}`)
    return leg
  })
}

async function chosenMutants(options: Options<typeof spec>, io: Io) {
  const { loadMutants } = await import('../run/mutant-files.ts')
  const collection = await loadMutants(options.dir.map((folder) => resolve(io.cwd, folder)))
  const ids = collection.mutants.map(({ id }) => id)
  for (const id of options.only) {
    if (ids.includes(id)) continue
    const { nearest } = await import('../../rules/tenancy/nearest.ts')
    const meant = nearest(id, ids)
    throw usage('mutants', `there is no mutant ${id}${meant === null ? '' : `, did you mean ${meant}?`}`)
  }
  if (ids.length === 0) {
    throw new Problem(
      'E-MUTANT',
      `${options.dir.join(', ')}: no mutant in it.`,
      'Name the folder of mutants with --dir.',
    )
  }
  return collection
}

/** One server for all campaigns, when campaigns need one. */
async function serverFor({ target }: LoadedTarget, legs: readonly Leg[]): Promise<PostgresServer | null> {
  if (!legs.includes('fuzz') || target.database?.managed !== true) return null
  const { startPostgres } = await import('../postgres/server.ts')
  return startPostgres()
}

function tenancyOf(options: Options<typeof spec>, target: LoadedTarget, io: Io): string {
  if (options.tenancy !== null) return resolve(io.cwd, options.tenancy)
  const named = target.target.database?.tenancy
  if (named !== undefined) return resolve(dirname(target.file), named)
  const inService = join(resolve(io.cwd, options.service!), 'tenancy.json')
  return existsSync(inService) ? inService : resolve(io.cwd, 'tenancy.json')
}

function campaignOf({ seconds, trials, seed }: Options<typeof spec>) {
  if (seconds !== null && trials !== null) throw usage('mutants', '--seconds and --trials exclude each other')
  return {
    ...(seconds === null ? {} : { seconds: wholeNumber('mutants', 'seconds', seconds, 1) }),
    ...(trials === null ? {} : { trials: wholeNumber('mutants', 'trials', trials, 1) }),
    ...(seed === null ? {} : { seed: wholeNumber('mutants', 'seed', seed, 0) }),
  }
}
