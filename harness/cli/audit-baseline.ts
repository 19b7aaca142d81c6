import { readFileSync } from 'node:fs'
import { usage } from './arguments.ts'

/** Ids of findings in an earlier `audit --json` document (those it knew already included), or in a plain list of ids. */
export function readBaseline(path: string): ReadonlySet<string> {
  let document: unknown
  try {
    document = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw usage('audit', `cannot read the baseline ${path}: ${(error as Error).message}`)
  }
  const lists = Array.isArray(document) ? [document] : listsOf(document)
  const ids = lists
    .flat()
    .map((entry) => (typeof entry === 'string' ? entry : (entry as { id?: unknown } | null)?.id))
  if (lists.length === 0 || !ids.every((id) => typeof id === 'string')) {
    throw usage(
      'audit',
      `${path} is no baseline: it must be the document that \`audit --json\` prints, or a list of ids`,
    )
  }
  return new Set(ids)
}

function listsOf(document: unknown): unknown[][] {
  if (typeof document !== 'object' || document === null) return []
  const { findings, known } = document as { findings?: unknown; known?: unknown }
  return [findings, known].filter((list) => Array.isArray(list))
}
