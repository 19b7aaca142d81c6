import type { TSESTree } from '@typescript-eslint/utils'
import { eachChild } from './children.ts'
import type { SourceModule } from './module.ts'

interface Assignments {
  /** The answers that were given. */
  readonly told: Map<string, TSESTree.Node | null>
  /** Values by the names that they are given to; null until the file was walked through. */
  all: ReadonlyMap<string, TSESTree.Node> | null
}

/** A file is walked through once for all its names, and not at all as long as no text of it looks like an assignment to one. */
const known = new WeakMap<TSESTree.Program, Assignments>()

/** The value of `name = …` for a variable without a telling initialiser (`let pool; … pool = new Pool()`). */
export function firstAssignment(
  { name }: { readonly name: string },
  { program, text }: SourceModule,
): TSESTree.Node | null {
  const file: Assignments = known.get(program) ?? { told: new Map(), all: null }
  known.set(program, file)
  const before = file.told.get(name)
  if (before !== undefined) return before
  const pattern = new RegExp(`(?<![\\w$.])${name.replaceAll('$', '\\$')}\\s*(?:\\?\\?|\\|\\|)?=(?![=>])`)
  const found = pattern.test(text) ? ((file.all ??= assignmentsIn(program)).get(name) ?? null) : null
  file.told.set(name, found)
  return found
}

function assignmentsIn(program: TSESTree.Program): ReadonlyMap<string, TSESTree.Node> {
  const found = new Map<string, TSESTree.Node>()
  const pending: TSESTree.Node[] = [program]
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    if (at.type === 'AssignmentExpression' && at.left.type === 'Identifier' && at.operator !== '+=') {
      if (!found.has(at.left.name)) found.set(at.left.name, at.right)
    }
    eachChild(at, (child) => pending.push(child))
  }
  return found
}
