import { randomBytes } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { editedFiles } from './mutant-edits.ts'
import type { Edit } from './mutant.ts'

/** A service's source with edits applied, in a place of its own. */
export interface EditedCopy {
  readonly directory: string
  readonly remove: () => void
}

/** Neither part of the source nor worth copying. */
const leftOut = new Set(['node_modules', '.git', '.watertight', 'watertight-report', 'coverage'])

/**
 * Copies the service and applies the edits. The copy lies in `.watertight/mutants` beside the nearest `node_modules`, in a
 * shadow of the project in which everything around the service is a link to the original: packages resolve, and so
 * do imports that leave the service's directory.
 *
 * @throws Problem E-MUTANT when an edit does not apply, or leaves a file that does not parse
 * @public
 */
export function applyEdits(serviceDirectory: string, edits: readonly Edit[], id = 'copy'): EditedCopy {
  const service = resolve(serviceDirectory)
  const edited = editedFiles(service, edits)
  const project = projectOf(service)
  const mutants = join(project, '.watertight', 'mutants')
  const safe = id.replaceAll(/[^A-Za-z0-9_-]+/g, '_')
  const shadow = join(mutants, `${safe}-${randomBytes(4).toString('hex')}`)
  const directory = join(shadow, relative(project, service))
  mkdirSync(directory, { recursive: true })
  const remove = () => {
    rmSync(shadow, { recursive: true, force: true })
    for (const folder of [mutants, dirname(mutants)]) {
      try {
        rmdirSync(folder)
      } catch {
        // Others are at work in it.
      }
    }
  }
  try {
    linkSurroundings(project, service, shadow)
    copySource(service, directory)
    for (const [file, text] of edited) writeFileSync(join(directory, file), text)
  } catch (error) {
    remove()
    throw error
  }
  return { directory, remove }
}

/** Entry by entry, since the copy may lie inside of the service's own directory. */
function copySource(service: string, directory: string): void {
  for (const name of readdirSync(service)) {
    if (leftOut.has(name)) continue
    cpSync(join(service, name), join(directory, name), {
      recursive: true,
      filter: (path) => !leftOut.has(basename(path)),
    })
  }
}

/** The nearest folder with installed packages, else with a manifest, else the service itself. */
function projectOf(service: string): string {
  for (const mark of ['node_modules', 'package.json']) {
    for (let folder = service; folder !== dirname(folder); folder = dirname(folder)) {
      if (existsSync(join(folder, mark))) return folder
    }
  }
  return service
}

/** Links everything on the way from the project down to the service, but the service. */
function linkSurroundings(project: string, service: string, shadow: string): void {
  const steps = relative(project, service).split(sep).filter(Boolean)
  let real = project
  let copy = shadow
  for (const step of steps) {
    for (const name of readdirSync(real)) {
      if (name !== step && !(leftOut.has(name) && name !== 'node_modules'))
        symlinkSync(join(real, name), join(copy, name))
    }
    real = join(real, step)
    copy = join(copy, step)
  }
  const packages = join(service, 'node_modules')
  if (existsSync(packages)) symlinkSync(packages, join(copy, 'node_modules'))
}
