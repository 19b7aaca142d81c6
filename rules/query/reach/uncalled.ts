import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction } from '../../source/binding.ts'
import type { QueryContext } from '../context.ts'
import { isEntry } from './entry.ts'
import type { Project } from './project.ts'

/** Files, and functions, that a framework finds by their names. */
const entryFile =
  /(?:^|\/)(?:\+?(?:route|page|layout|server|template|default|loading|error|middleware|proxy|instrumentation)|index|main|worker|handler|lambda)(?:\.\w+)?\.[cm]?[jt]sx?$|\.(?:controller|resolver|gateway|worker|job|task|processor|cron|command|seed|route|routes)\.[cm]?[jt]sx?$|\/(?:pages|routes|api|jobs|workers|trigger|inngest|cron|scripts|bin|migrations|functions|plugins)\//
const entryName =
  /^(?:[A-Z].*|loader|action|handler|handle|main|run|register|middleware|config|default|up|down|init|setup|bootstrap|get[A-Z]\w*(?:Props|Paths)|generate[A-Z]\w*)$/

/**
 * The name of the function around a place that nobody in the project calls, imports or passes on; null where somebody does, or where others than
 * the project may.
 */
export function uncalledAround(at: TSESTree.Node, file: QueryContext, project: Project): string | null {
  const { filename, sourceCode } = file.scope
  const declared = declaredAround(at)
  if (declared === null || entryFile.test(filename.replaceAll('\\', '/'))) return null
  const { name, node, isExported } = declared
  if (entryName.test(name) || isEntry(node, file)) return null
  const mentions = sourceCode.text.match(
    new RegExp(`(?<![\\w$])${name.replaceAll('$', '\\$')}(?![\\w$])`, 'g'),
  )
  if (mentions?.length !== 1) return null
  return !isExported || project.leavesOut(filename, name) ? name : null
}

/** The function of a module that a place lies in, when it is declared for itself and not handed to what wraps it. */
function declaredAround(
  at: TSESTree.Node,
): { name: string; node: Parameters<typeof isEntry>[0]; isExported: boolean } | null {
  let node: TSESTree.Node | undefined = at
  while (node !== undefined && node.parent?.type !== 'Program') node = node.parent
  const isExported = node?.type === 'ExportNamedDeclaration'
  const statement = node?.type === 'ExportNamedDeclaration' ? node.declaration : node
  if (statement?.type === 'FunctionDeclaration') {
    return statement.id === null ? null : { name: statement.id.name, node: statement, isExported }
  }
  if (statement?.type !== 'VariableDeclaration' || statement.declarations.length !== 1) return null
  const { id, init } = statement.declarations[0]!
  if (id.type !== 'Identifier' || init === null || !isFunction(init)) return null
  return { name: id.name, node: init, isExported }
}
