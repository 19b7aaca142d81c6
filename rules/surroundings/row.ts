import type { TSESTree } from '@typescript-eslint/utils'
import type { Judged, JudgedQuery } from '../query/judge.ts'
import type { FileView } from './file.ts'

/** Rows that a query of the file returned, as the program holds them. */
export interface ReadRow {
  readonly judged: JudgedQuery
  /** The relation whose rows they are. */
  readonly mention: Judged
  /** Names of the members that lead from a row to the value; empty for the row itself. */
  readonly path: readonly string[]
  /** What was selected; null: everything, or what cannot be told. */
  readonly columns: readonly string[] | null
}

/** The row that a value is, or is a column of. Null: it comes from no query of the file. */
export function readRowOf(value: TSESTree.Node, file: FileView): ReadRow | null {
  const identity = file.queries?.proofs.identities.of(value)
  const call = identity?.call ?? null
  if (identity == null || call === null) return null
  const site = file.queries?.proofs.sites.ofCall(call)
  const judged = site?.queries[0]
  const mention = judged?.occurrences[0]
  if (judged === undefined || mention === undefined) return null
  const { shape } = judged.query.answer
  // Of a result the rows are one member; the others (`rowCount`) are no rows.
  const [first, ...further] = identity.path
  if (shape === 'none' || (shape === 'result' && first !== 'rows')) return null
  const path = (shape === 'result' ? further : identity.path).filter((name) => name !== '*')
  return { judged, mention, path, columns: columnsOf(judged, file) }
}

function columnsOf({ query }: JudgedQuery, { scope }: FileView): readonly string[] | null {
  const [argument] = query.node.type === 'CallExpression' ? query.node.arguments.slice(-1) : []
  const options = argument === undefined ? null : scope.objectOf(argument)
  const select = options?.properties.findLast(({ name }) => name === 'select' || name === 'attributes')
  if (select !== undefined) {
    const picked = scope.objectOf(select.value)
    if (picked !== null && picked.open.length === 0) return picked.properties.map(({ name }) => name)
    const listed = scope.arrayOf(select.value)?.elements.map(({ value }) => scope.constantOf(value)?.value)
    return listed?.every((name) => typeof name === 'string') === true ? listed : null
  }
  const { block } = query.statement
  if (block.kind === 'set' || block.kind === 'opaque') return null
  const names = block.outputs.map(({ name }) => name)
  return names.length > 0 && names.every((name) => name !== null) ? names : null
}
