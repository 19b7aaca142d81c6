/** What the index of a project knows of one file, read off its text. */
export interface Indexed {
  /** Names that it calls, renames at an import, or takes as the default of a module. */
  readonly names: ReadonlySet<string>
  /** Of what it may call a method: the {@link subjectOf} of every type that it names and of every receiver. */
  readonly subjects: ReadonlySet<string>
  /** Its classes, each with the names that stand in its `extends`. */
  readonly heirs: readonly (readonly [heir: string, parents: readonly string[]])[]
}

const called = /([A-Za-z_$][\w$]*)(?:<[^<>()]*>)?\??\.?\(|<([A-Z][\w$]*)/g

/** `import { load as loadTask }`: the file calls `load` under another name. */
const renamed = /([A-Za-z_$][\w$]*)\s+as\s+[A-Za-z_$]/g
const defaultImport = /import\s+[A-Za-z_$][\w$]*\s*(?:,\s*\{[^}]*\}\s*)?from\s*['"]([^'"]+)['"]/g

/** Types by their capital, and what stands before `.method(`. */
const subject = /\b[A-Z][\w$]*|[a-z_$][\w$]*(?=(?:\[[^\]]*\]|\(\))?[!?]*\.[\w$]+[<(?])/g
const heir = /\bclass\s+([A-Za-z_$][\w$]*)[^{};]*?\bextends\s+([^{]*)/g
const words = /[A-Za-z_$][\w$]*/g

/** Under which name the files stand that import the default of a module. */
export function importKey(module: string): string {
  const [last, before] = module
    .replace(/(?:\/index)?\.[cm]?[jt]sx?$|\/index$/, '')
    .split('/')
    .reverse()
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
  return { names, subjects, heirs }
}
