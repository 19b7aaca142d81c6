import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import ts from 'typescript'

const root = resolve(import.meta.dirname, '../..')

export interface PluginBuild {
  /** The built plugin's entry file. */
  readonly entry: string
  readonly url: string
  /** A folder beside it for a project that uses it; the packages of the repository can be resolved from there. */
  readonly project: string
  readonly remove: () => void
}

/** Builds `rules/` as the package does, for hosts that load no TypeScript, into a package of its own. */
export function buildPlugin(): PluginBuild {
  const folder = mkdtempSync(join(tmpdir(), 'watertight-plugin-'))
  cpSync(join(root, 'package.json'), join(folder, 'package.json'))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir')
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(join(root, 'tsconfig.json'), (path) => readFileSync(path, 'utf8')).config,
    ts.sys,
    root,
  )
  for (const path of readdirSync(join(root, 'rules'), { recursive: true, encoding: 'utf8' })) {
    if (!path.endsWith('.ts')) continue
    const fileName = join(root, 'rules', path)
    const { outputText } = ts.transpileModule(readFileSync(fileName, 'utf8'), {
      fileName,
      compilerOptions: { ...options, noEmit: false, module: ts.ModuleKind.ESNext },
    })
    const target = join(folder, 'rules', path.replace(/\.ts$/, '.js'))
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, outputText)
  }
  const project = join(folder, 'project')
  mkdirSync(project)
  const entry = join(folder, 'rules', 'index.js')
  return {
    entry,
    url: pathToFileURL(entry).href,
    project,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
