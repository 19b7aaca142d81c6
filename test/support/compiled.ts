import { existsSync, renameSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, type Plugin } from 'esbuild'
import { inject } from 'vitest'

/** One file knows only its own place; what our files look for beside them lies beside each of them. */
const places: Plugin = {
  name: 'places',
  setup: ({ onLoad }) => {
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8')
      const contents = text
        .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)))
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href))
      return { contents, loader: 'ts' }
    })
  },
}

/**
 * The arguments with which Node runs a program of ours: compiled into one file, once for the whole run, since loading
 * hundreds through tsx takes longer than all that most tests do with the process. Traces of errors name the source.
 */
export async function compiled(program: string): Promise<readonly string[]> {
  const file = join(inject('programs'), `${basename(program, '.ts')}.js`)
  if (!existsSync(file)) await compile(program, file)
  return ['--enable-source-maps', file]
}

/** Test files that want it at the same time each compile it; whichever comes last has made the same. */
async function compile(program: string, file: string): Promise<void> {
  const draft = join(dirname(file), `${process.pid}-${basename(file)}`)
  await build({
    entryPoints: [program],
    outfile: draft,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    // Within the file, so that it goes where the file goes.
    sourcemap: 'inline',
    sourcesContent: false,
    logLevel: 'silent',
    plugins: [places],
  })
  renameSync(draft, file)
}
