/**
 * `npm run bench:memory -- FOLDER [--tenancy FILE] [--limit N] [--preset NAME] [--heap MB] [--json]`: the peak of the resident memory of
 * one ESLint process over a whole tree, with the plugin and with the parser alone. Each is a process of its own. Without a limit V8
 * collects as late as it likes; `--heap` sets one, and shows what is really needed, and what it costs in time.
 */
import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { ESLint } from 'eslint'
import { parserAlone, type Preset, withPreset } from './configuration.ts'
import { sourceFiles } from './files.ts'

interface Peak {
  readonly files: number
  readonly findings: number
  readonly megabytes: number
  readonly seconds: number
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tenancy: { type: 'string' },
    limit: { type: 'string', default: '100000' },
    preset: { type: 'string', default: 'recommended' },
    child: { type: 'string' },
    heap: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})

const [folder] = positionals
if (folder === undefined) {
  console.error('Name a folder with source files.')
  process.exit(2)
}
const root = resolve(folder)

async function measure(withPlugin: boolean): Promise<Peak> {
  const configuration = withPlugin ? await withPreset(values.preset as Preset, values.tenancy) : [parserAlone]
  const eslint = new ESLint({
    cwd: root,
    overrideConfigFile: true,
    overrideConfig: configuration,
    allowInlineConfig: false,
    ignore: false,
  })
  const results = await eslint.lintFiles(sourceFiles(root, Number(values.limit)))
  return {
    files: results.length,
    findings: results.reduce((sum, { messages }) => sum + messages.filter((one) => !one.fatal).length, 0),
    // Kilobytes, on every system that Node runs on.
    megabytes: Math.round(process.resourceUsage().maxRSS / 1024),
    seconds: Math.round(performance.now() / 1000),
  }
}

if (values.child !== undefined) {
  console.log(JSON.stringify(await measure(values.child === 'plugin')))
} else {
  const heap = values.heap === undefined ? [] : [`--max-old-space-size=${values.heap}`]
  const child = (kind: string): Peak =>
    JSON.parse(
      execFileSync(
        process.execPath,
        [...heap, ...process.execArgv, import.meta.filename, ...process.argv.slice(2), '--child', kind],
        { encoding: 'utf8' },
      ),
    ) as Peak
  const parserAlone = child('parser')
  const plugin = child('plugin')
  if (values.json)
    console.log(
      JSON.stringify({
        ...plugin,
        parserMegabytes: parserAlone.megabytes,
        parserSeconds: parserAlone.seconds,
      }),
    )
  else
    console.log(
      `${plugin.files} files, ${plugin.findings} findings: peak ${plugin.megabytes} MB in ${plugin.seconds} s with ${values.preset} (below 1024 MB), ` +
        `${parserAlone.megabytes} MB in ${parserAlone.seconds} s with the parser alone`,
    )
}
