import type { QueryContext } from '../context.ts'
import type { JudgedQuery } from '../judge.ts'
import { tenantNames } from './actor.ts'

/** Does a read give nothing but the tenant of its rows? So does what derives the tenant of a resource, to check it. */
export function readsOnlyTenant({ query }: JudgedQuery, file: QueryContext): boolean {
  const { block } = query.statement
  const names = tenantNames(file.tenancy)
  const isTenant = (name: string | null): boolean => name !== null && names.test(name)
  const selected = selectedBy(query.node, file)
  if (selected !== null) return selected.length > 0 && selected.every(isTenant)
  if (block.kind !== 'select' || block.outputs.length === 0) return false
  return block.outputs.every(({ name, operand }) =>
    isTenant(operand?.kind === 'column' ? operand.column : name),
  )
}

/** Names in the `select` of an object mapper's call; null when it has none. */
function selectedBy(node: JudgedQuery['query']['node'], { scope }: QueryContext): readonly string[] | null {
  const [argument] = node.type === 'CallExpression' ? node.arguments : []
  const options = argument === undefined ? null : scope.objectOf(argument)
  const select = options?.properties.findLast(({ name }) => name === 'select')
  const view = select === undefined ? null : scope.objectOf(select.value)
  return view === null || view.open.length > 0 ? null : view.properties.map(({ name }) => name)
}
