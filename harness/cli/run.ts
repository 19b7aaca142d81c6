import { existsSync, readFileSync } from 'node:fs'
import { nearest } from '../../rules/tenancy/nearest.ts'
import { usage } from './arguments.ts'
import type { Io } from './command.ts'
import { commands } from './commands.ts'
import { reportFailure } from './failure.ts'
import { textTable } from './text-table.ts'

/** Runs one command line and returns its exit code; never throws. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = argv
  try {
    if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
      if (name === 'help' && rest[0] !== undefined) return await run([rest[0], '--help'], io)
      ;(name === undefined ? io.stderr : io.stdout).write(await overview())
      return name === undefined ? 2 : 0
    }
    if (name === '--version' || name === '-v') {
      io.stdout.write(`${version()}\n`)
      return 0
    }
    const load = Object.hasOwn(commands, name) ? commands[name] : undefined
    if (load === undefined) {
      const meant = nearest(name, Object.keys(commands))
      throw usage(
        '',
        `unknown command ${JSON.stringify(name)}${meant === null ? '' : `, did you mean ${meant}?`}`,
      )
    }
    const command = await load()
    if (wantsHelp(rest)) {
      io.stdout.write(`${command.help.trim()}\n`)
      return 0
    }
    return await command.run(rest, io)
  } catch (error) {
    return reportFailure(error, io, rest.includes('--json'))
  }
}

function wantsHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  return argv.slice(0, end < 0 ? argv.length : end).some((word) => word === '--help' || word === '-h')
}

async function overview(): Promise<string> {
  const loaded = await Promise.all(Object.values(commands).map((load) => load()))
  return [
    'watertight: finds ways from one tenant to another in Node.js + PostgreSQL services.',
    '',
    'Usage: watertight <command> [options]',
    '',
    ...textTable(
      loaded.map(({ name, summary }) => [name, summary]),
      '  ',
    ),
    '',
    'Run `watertight <command> --help` for options and examples.',
    'Exit codes: 0 clean and covered, 1 finding, 2 usage or configuration, 3 inconclusive, 4 not enough coverage.',
    '',
  ].join('\n')
}

/** The package lies one folder higher when it runs from `dist`. */
function version(): string {
  const file = ['../../package.json', '../../../package.json']
    .map((path) => new URL(path, import.meta.url))
    .find((url) => existsSync(url))
  return (JSON.parse(readFileSync(file!, 'utf8')) as { version: string }).version
}
