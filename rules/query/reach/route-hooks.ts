import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../../source/binding.ts'
import { unwrap } from '../../source/children.ts'
import type { QueryContext } from '../context.ts'
import { callsByName } from './calls.ts'

/** What runs before all routes of a router, and whether the path that it is mounted at names the key. */
export interface Hook {
  readonly guard: TSESTree.Node
  readonly names: boolean
}

/** `router.use('/teams/:teamId', requireTeam)`, `app.addHook('preHandler', requireTeam)` before a route of the same router. */
export function hooksBefore(
  route: TSESTree.CallExpression,
  key: RegExp,
  { scope }: QueryContext,
): readonly Hook[] {
  const router = receiverOf(route)
  if (router === null) return []
  const path = pathOf(route)
  const calls = callsByName(scope.sourceCode)
  return ['use', 'addHook'].flatMap((name) =>
    (calls.get(name) ?? []).flatMap((call): readonly Hook[] => {
      if (call.type !== 'CallExpression' || call.range[1] > route.range[0]) return []
      if (receiverOf(call) !== router || call.parent.type !== 'ExpressionStatement') return []
      const mounted = name === 'use' ? pathOf(call) : null
      if (mounted !== null && !covers(mounted, path)) return []
      const names = mounted !== null && key.test(mounted)
      return call.arguments.filter(({ type }) => type !== 'Literal').map((guard) => ({ guard, names }))
    }),
  )
}

function receiverOf({ callee }: TSESTree.CallExpression): string | null {
  const bare = unwrap(callee)
  if (bare.type !== 'MemberExpression' || memberName(bare) === null) return null
  const object = unwrap(bare.object)
  return object.type === 'Identifier' ? object.name : null
}

function pathOf({ arguments: [first] }: TSESTree.CallExpression): string | null {
  return first?.type === 'Literal' && typeof first.value === 'string' ? first.value : null
}

/** Do all requests of a route pass what is mounted at a path? */
function covers(mounted: string, route: string | null): boolean {
  const prefix = mounted.replace(/\/?\*?$/, '')
  return route !== null && (route === prefix || route.startsWith(`${prefix}/`))
}
