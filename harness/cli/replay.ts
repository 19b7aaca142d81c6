import { resolve } from 'node:path'
import { paintFor } from '../report/console.ts'
import { readArguments } from './arguments.ts'
import type { Command } from './command.ts'
import { targetFrom } from './target-file.ts'

const help = `
Usage: watertight replay RECEIPT [TARGET.ts] [--json]

Runs the requests of one finding again, on fresh tenants, and says whether the leak is still there.

  RECEIPT      a *.receipt.json that \`watertight fuzz\` wrote
  TARGET.ts    the target file (watertight.target.ts)
  --allow-host HOST  a host other than this machine that may be attacked; it must be yours
  --json       one JSON document on standard output, and nothing else there

Exit code 0 FIXED, 1 FAILED (the leak is there), 2 usage or configuration, 3 ERROR (it could not be told).

Example:
  watertight replay watertight-report/foreign-read-getTask.receipt.json
`

const codes = { FIXED: 0, FAILED: 1, ERROR: 3 } as const

/** Runs a receipt again. */
export const replay: Command = {
  name: 'replay',
  summary: 'run the requests of one finding again: FIXED, FAILED or ERROR',
  help,
  run: async (argv, io) => {
    const { options, positionals } = readArguments(
      'replay',
      argv,
      { json: 'flag', 'allow-host': 'many' },
      { least: 1, most: 2, what: 'the receipt' },
    )
    const [receipt, file] = positionals
    const target = await targetFrom(file, io)
    const { replayReceipt } = await import('../run/replay.ts')
    const result = await replayReceipt(resolve(io.cwd, receipt!), target, {
      signal: io.signal,
      allowHosts: options['allow-host'],
    })
    // Half a sequence proves nothing.
    const verdict = io.signal.aborted && result.verdict === 'FIXED' ? 'ERROR' : result.verdict
    if (options.json) io.stdout.write(`${JSON.stringify({ ...result, verdict }, null, 2)}\n`)
    else {
      const paint = paintFor(io.stdout)
      const color = { FIXED: paint.green, FAILED: paint.red, ERROR: paint.yellow }[verdict]
      for (const line of result.transcript) io.stdout.write(`  ${line}\n`)
      io.stdout.write(`${color.bold(verdict)}  ${result.finding}\n${result.reason}\n`)
    }
    return codes[verdict]
  },
}
