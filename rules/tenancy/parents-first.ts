import type { RelationShape } from './shape.ts'

/** Relations in an order in which each comes after those of them that it refers to, so that doubt spreads. */
export function parentsFirst(relations: readonly RelationShape[]): readonly RelationShape[] {
  const open = new Map(relations.map((relation) => [relation.name, relation]))
  const ordered: RelationShape[] = []
  const visit = (relation: RelationShape) => {
    if (!open.delete(relation.name)) return
    for (const name of [...relation.references.map(({ to }) => to), ...relation.derivedFrom]) {
      const next = open.get(name)
      if (next !== undefined) visit(next)
    }
    ordered.push(relation)
  }
  for (const relation of relations) visit(relation)
  return ordered
}
