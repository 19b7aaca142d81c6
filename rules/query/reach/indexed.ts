import { constantsIn } from '../../source/declared-constant.ts'

/** What the index of a project knows of one file, read off its text. */
export interface Indexed {
  /** Names that it calls, renames at an import, or takes as the default of a module. */
  readonly names: ReadonlySet<string>
  /** Of what it may call a method: the {@link subjectOf} of every type that it names and of every receiver. */
  readonly subjects: ReadonlySet<string>
  /** Its classes, each with the names that stand in its `extends` and `implements`. */
  readonly heirs: readonly (readonly [heir: string, parents: readonly string[]])[]
  readonly constants: ReadonlySet<string>
  /** What it takes from other modules. */
  readonly taken: Taken
}

/** What a file takes from other modules: names, and modules as they are called there. */
export interface Taken {
  readonly names: ReadonlySet<string>
  /** Modules of which it names what it takes. */
  readonly parts: ReadonlySet<string>
  /** Modules that it takes, or hands on, as a whole. */
  readonly wholes: ReadonlySet<string>
}

const called = /([A-Za-z_$][\w$]*)(?:<[^<>()]*>)?\??\.?\(|<([A-Z][\w$]*)/g

/** `import { load as loadTask }`: the file calls `load` under another name. */
const renamed = /([A-Za-z_$][\w$]*)\s+as\s+[A-Za-z_$]/g
const defaultImport = /import\s+[A-Za-z_$][\w$]*\s*(?:,\s*\{[^}]*\}\s*)?from\s*['"]([^'"]+)['"]/g

/** Types by their capital, and what stands before `.method(`. */
const subject = /\b[A-Z][\w$]*|[a-z_$][\w$]*(?=(?:\[[^\]]*\]|\(\))?[!?]*\.[\w$]+[<(?])/g
const heir = /\bclass\s+([A-Za-z_$][\w$]*)[^{};]*?\b(?:extends|implements)\s+([^{]*)/g
const words = /[A-Za-z_$][\w$]*/g

/** A module without what may be left out of its name. */
export const bareModule = (module: string): string =>
  module.replace(/(?:\/index)?\.[cm]?[jt]sx?$|\/index$/, '')

/** Under which name the files stand that import the default of a module. */
export function importKey(module: string): string {
  const [last, before] = bareModule(module).split('/').reverse()
  return `import ${last === '' ? before : last}`
}

/** What a class, its instance and the function that hands it out have in common: `TaskService`, `taskService`, `getTaskService`. */
export function subjectOf(name: string): string {
  return name.replace(/^[_$]*(?:(?:get|create|make|build|use|new|inject)(?=[A-Z]))?/, '').toLowerCase()
}

/** One copy of each word: the pieces of a text that a pattern finds keep the whole text alive. */
const interned = new Map<string, string>()

function intern(word: string): string {
  const known = interned.get(word)
  if (known !== undefined) return known
  const copy = Buffer.from(word).toString()
  interned.set(copy, copy)
  return copy
}

export function indexedOf(text: string): Indexed {
  const names = new Set<string>()
  for (const match of text.matchAll(called)) names.add(intern(match[1] ?? match[2]!))
  for (const match of text.matchAll(renamed)) names.add(intern(match[1]!))
  for (const match of text.matchAll(defaultImport)) names.add(intern(importKey(match[1]!)))
  const subjects = new Set<string>()
  for (const [name] of text.matchAll(subject)) subjects.add(intern(subjectOf(name)))
  for (const name of names) subjects.add(intern(subjectOf(name)))
  const heirs = [...text.matchAll(heir)].map(
    ([, name, parents]) => [intern(name!), (parents!.match(words) ?? []).map(intern)] as const,
  )
  return { names, subjects, heirs, constants: constantsIn(text), taken: takenBy(text) }
}

/** `import X, { a, b as c } from './m'`, `export { a } from './m'`, `const { a } = await import('./m')`. */
const partly =
  /\b(?:import|export)\s+(?:type\s+)?(?:[A-Za-z_$][\w$]*\s*,\s*)?\{([^}]*)\}\s*from\s*['"]([^'"]+)['"]|\{([^{}]*)\}\s*=\s*(?:await\s+)?(?:require|import)\(\s*['"]([^'"]+)['"]/g
/** Any other way to name a module, as `import * as m from './m'` or `jest.mock('./m')` do: each may take all of it. */
const named = /['"`][^'"`\s]+['"`]/g

function takenBy(text: string): Taken {
  const names = new Set<string>()
  const parts = new Set<string>()
  const rest = text.replaceAll(partly, (_, list?: string, from?: string, held?: string, of?: string) => {
    for (const part of (list ?? held!).split(',')) {
      const name = /^\s*(?:type\s+)?([A-Za-z_$][\w$]*)/.exec(part)?.[1]
      if (name !== undefined) names.add(intern(name))
    }
    parts.add(intern((from ?? of)!))
    return ''
  })
  const wholes = new Set<string>()
  const wholly = /\b(?:import|export|from|require|mock)\b[^'"`;]{0,120}$/
  for (const match of rest.matchAll(named)) {
    if (wholly.test(rest.slice(Math.max(0, match.index - 130), match.index))) {
      wholes.add(intern(match[0].slice(1, -1)))
    }
  }
  return { names, parts, wholes }
}
