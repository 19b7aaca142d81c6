import { all, always, both, either, type Branches, type Fact } from './facts.ts'
import { rowsOf, type JoinNode, type Node, type QueryNode } from './space.ts'

const nothing: ReadonlySet<Node> = new Set()

/** What every row that a node gives is known to satisfy, seen from outside. `omitted`: joins whose optional side does not matter. */
export function outward(node: Node, omitted = nothing): Branches {
  switch (node.kind) {
    case 'leaf':
    case 'rowset':
    case 'opaque':
      return always
    case 'join':
      return joined(node, omitted)
    case 'query':
      return node.witnesses ? both(inward(node), node.links) : always
    case 'set': {
      const parts = node.branches.map((branch, index) => both(outward(branch), node.linksOf(index)))
      if (node.operator === 'union') return either(parts)
      return node.operator === 'intersect' ? all(parts) : parts[0]!
    }
  }
}

/** What holds for every row inside a level, before it merges them. */
export function inward(node: QueryNode, omitted = nothing): Branches {
  return both(all(node.items.map((item) => outward(item, omitted))), node.where)
}

function joined(node: JoinNode, omitted: ReadonlySet<Node>): Branches {
  const left = outward(node.left, omitted)
  if (omitted.has(node)) return left
  const right = outward(node.right, omitted)
  const matched = both(both(left, right), node.on)
  const alone: Branches[] = [matched]
  if (node.type === 'left' || node.type === 'full') alone.push(both(left, absent(node.right)))
  if (node.type === 'right' || node.type === 'full') alone.push(both(right, absent(node.left)))
  return either(alone)
}

/** The branch in which an outer join found no partner. */
export function absent(node: Node): Branches {
  const fact: Fact = { kind: 'absent', rows: rowsOf(node), source: null, within: [] }
  return [[fact]]
}
