import type { SetBlock } from '../sql/statement.ts'
import type { Branches, Fact, Term } from './facts.ts'
import type { SetNode } from './space.ts'
import type { Terms } from './terms.ts'

/** A set operation over branches that are read already. `row` is the row variable of its outputs. */
export function setLevel(
  operator: SetBlock['operator'],
  branches: SetNode['branches'],
  row: number,
  rows: ReadonlySet<number>,
  terms: Terms,
): SetNode {
  const first = branches[0]!
  const width = Math.max(...branches.map((branch) => branch.outputs.length))
  const readable = branches.every((branch) => branch.outputs.every((output) => output.term !== null))
  const outputs = Array.from({ length: width }, (_, index) => ({
    name: first.outputs[index]?.name ?? null,
    term: terms.column(row, `${index}`),
  }))
  const starred = new Map<string, Term>()
  const resolve = (column: string): Term | null => {
    const found = readable ? outputs.filter((output) => output.name === column) : []
    if (found.length > 0) return found.length === 1 ? found[0]!.term : null
    const term = terms.column(row, `name ${column}`)
    if (readable || first.resolve(column) === null) return null
    starred.set(column, term)
    return term
  }
  const linksOf = (branch: number): Branches => {
    const blank = { source: null, within: [] } as const
    const node = branches[branch]!
    const facts: Fact[] = [{ kind: 'choice', set: row, branch, ...blank }]
    for (const [index, { term }] of outputs.entries()) {
      const right = readable ? (node.outputs[index]?.term ?? null) : null
      if (right !== null) facts.push({ kind: 'equal', left: term, right, nullSafe: true, ...blank })
    }
    for (const [column, term] of starred) {
      // Columns of `*` are matched by place, which only the schema knows; the first branch gives the names.
      const right = branch === 0 ? node.resolve(column) : null
      if (right !== null) facts.push({ kind: 'equal', left: term, right, nullSafe: true, ...blank })
      else
        facts.push({
          kind: 'opaque',
          terms: [terms.unbound('*')],
          reason: 'the places of * in a set operation',
          ...blank,
        })
    }
    return [facts]
  }
  return { kind: 'set', row, rows, operator, branches, outputs, resolve, linksOf }
}
