import { dirname, resolve } from 'node:path'
import { bareModule, importKey, type Indexed } from './indexed.ts'

/** What the files of a project take from one another. */
export interface TakenModules {
  /** Names, from whatever module. */
  readonly names: ReadonlySet<string>
  /** Modules of which each thing is taken by its name: their paths, and for aliases the path behind the alias. */
  readonly parts: ReadonlySet<string>
  /** Modules that are taken as a whole: their paths, and for all other names their last parts. */
  readonly wholes: ReadonlySet<string>
}

const isRelative = (module: string): boolean => /^\.\.?(?:\/|$)/.test(module)

export function takenModules(files: ReadonlyMap<string, Indexed>): TakenModules {
  const names = new Set<string>()
  const parts = new Set<string>()
  const wholes = new Set<string>()
  for (const [file, { taken }] of files) {
    const pathOf = (module: string): string => bareModule(resolve(dirname(file), module))
    for (const name of taken.names) names.add(name)
    for (const module of taken.parts) {
      parts.add(isRelative(module) ? pathOf(module) : bareModule(module).replace(/^[@~#$][^/]*\//, ''))
    }
    for (const module of taken.wholes) wholes.add(isRelative(module) ? pathOf(module) : importKey(module))
  }
  return { names, parts, wholes }
}

/**
 * Is something taken from the module by its name? An alias (`@/lib/tasks`) has to agree with the module in two parts of its
 * path at least: many modules are called `service`.
 */
export function takesPartOf({ parts }: TakenModules, module: string): boolean {
  const path = bareModule(module)
  if (parts.has(path)) return true
  const segments = path.split('/')
  return segments.some(
    (_, index) => index < segments.length - 1 && parts.has(segments.slice(index).join('/')),
  )
}

/** May the module be taken as a whole? Under an alias, any module with its last part may be meant. */
export function takesWhole({ wholes }: TakenModules, module: string): boolean {
  return wholes.has(bareModule(module)) || wholes.has(importKey(module))
}
