import { relative } from 'node:path'
import type { TSESTree } from '@typescript-eslint/utils'
import { lineOf } from '../../source/position.ts'
import type { QueryContext } from '../context.ts'
import { functionsAround, handlerAround, hasActor, outermostAround } from './actor.ts'
import { callersOf, nameOf } from './callers.ts'
import { knowsDeploymentSecret } from './deployment-secret.ts'
import { isEntry } from './entry.ts'
import type { Step } from './exposure.ts'
import type { SideFiles } from './side-files.ts'

/** Calls from an entry point to a query; longer chains are not followed. */
export const depthLimit = 6

/** One look at a query from where it stands, towards the entry points that lead to it. */
export interface Look {
  readonly isRead: boolean
  /** A value that is missing picks no row, rather than every row. */
  readonly absentPicksNone: boolean
  readonly path: readonly Step[]
  readonly visited: ReadonlySet<TSESTree.Node>
  /** Helpers that were seen through. */
  readonly nested: number
  /** A call on the way that may have refused the value, and could not be read. */
  readonly doubt: string | null
  /** The column that the followed value is compared with. */
  readonly column: string | null
  /** It is the tenant itself that is followed: whoever asks must belong to it. */
  readonly isTenant: boolean
}

/** How a value begins to be followed. */
export const beginning: Look = {
  isRead: true,
  absentPicksNone: false,
  path: [],
  visited: new Set(),
  nested: 0,
  doubt: null,
  column: null,
  isTenant: false,
}

/** Where a node stands, for the way that is shown. */
export function stepAt(node: TSESTree.Node, file: QueryContext, files: SideFiles): Step {
  const { filename } = file.scope
  const around = functionsAround(node)
  const named = around.map(nameOf).find((one) => one !== null)
  const shown = relative(files.project.root, filename)
  const [outermost] = around.slice(-1)
  const name = named?.name ?? (outermost === undefined ? 'the module' : 'a handler')
  return { name, file: shown, line: lineOf(node, file.scope.sourceCode.text) }
}

/** A way from an entry point with an actor to where a query stands. */
export function wayTo(
  at: TSESTree.Node,
  file: QueryContext,
  look: Look,
  files: SideFiles,
): readonly Step[] | null {
  const handler = handlerAround(at)
  const outermost = outermostAround(at)
  if (handler === null || outermost === null || files.isTenantless(file.scope.filename)) return null
  if (knowsDeploymentSecret(at, file)) return null
  if (isEntry(handler.function, file) && hasActor(handler.whole, file.scope.sourceCode.text, file.tenancy)) {
    return look.path
  }
  if (look.visited.size >= depthLimit || look.visited.has(outermost.function)) return null
  const visited = new Set([...look.visited, outermost.function])
  for (const { call, file: from } of callersOf(outermost.function, file, files).callers) {
    const path = [stepAt(call, from, files), ...look.path]
    const found = wayTo(call, from, { ...look, visited, path }, files)
    if (found !== null) return found
  }
  return null
}
