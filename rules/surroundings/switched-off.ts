import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../source/binding.ts'
import { unwrap } from '../source/children.ts'
import type { ExtractionScope } from '../query/library.ts'
import type { Query } from '../query/query.ts'

/** Methods and members that give a client, model or builder without what it adds to every query. */
const switches =
  /^(unscoped|withoutPlugins|\$parent|without(?:Global)?Scopes?|without(?:Tenan\w+|Filters?|Rls|RowSecurity)|bypass(?:Rls|Tenan\w+|Scopes?|RowSecurity)|ignore(?:Tenan\w+|Scopes?)|disable(?:Filters?|Scopes?|Tenan\w+))$/i

const chainLimit = 30

/** How a query switches off the filter that its client or model adds by itself, as in the source; null when it does not. */
export function switchedOff({ node, library }: Query, scope: ExtractionScope): string | null {
  return inChain(node, scope) ?? (library === 'mikro-orm' ? inOptions(node, scope) : null)
}

/** `Patient.unscoped().findAll()`, `db.withoutPlugins().selectFrom(…)`, also through a constant. */
function inChain(node: TSESTree.Node, scope: ExtractionScope): string | null {
  let at: TSESTree.Node = node
  for (let depth = 0; depth < chainLimit; depth++) {
    const bare = unwrap(at.type === 'Identifier' ? scope.resolve(at) : at, true)
    if (bare.type === 'CallExpression') {
      const callee = unwrap(bare.callee)
      const off = callee.type === 'MemberExpression' && isScopeNull(callee, bare, scope)
      if (off) return shown(bare, scope)
      at = callee
    } else if (bare.type === 'TaggedTemplateExpression') {
      at = bare.tag
    } else if (bare.type === 'MemberExpression') {
      if (switches.test(memberName(bare) ?? '')) return shown(bare, scope)
      at = bare.object
    } else return null
  }
  return null
}

/** Sequelize takes `scope(null)` for `unscoped()`. */
function isScopeNull(
  callee: TSESTree.MemberExpression,
  call: TSESTree.CallExpression,
  scope: ExtractionScope,
): boolean {
  const [first] = call.arguments
  return memberName(callee) === 'scope' && first !== undefined && scope.constantOf(first)?.value === null
}

/** MikroORM: `{ filters: false }` and `{ filters: { tenant: false } }`. */
function inOptions(node: TSESTree.Node, scope: ExtractionScope): string | null {
  const options = node.type === 'CallExpression' ? node.arguments.map((one) => scope.objectOf(one)) : []
  for (const view of options) {
    const filters = view?.properties.findLast(({ name }) => name === 'filters')
    if (filters === undefined) continue
    const named = scope.objectOf(filters.value)?.properties ?? []
    const isFalse = (value: TSESTree.Node): boolean => scope.constantOf(value)?.value === false
    if (isFalse(filters.value) || named.some(({ value }) => isFalse(value))) {
      return scope.sourceCode.getText(filters.node)
    }
  }
  return null
}

const shown = (node: TSESTree.Node, scope: ExtractionScope): string =>
  scope.sourceCode.getText(node).replaceAll(/\s+/g, ' ')
