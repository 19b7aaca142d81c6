import type { JoinType } from '../sql/statement.ts'

const keepingLeft: Readonly<Record<JoinType, JoinType>> = {
  inner: 'left',
  cross: 'left',
  left: 'left',
  right: 'full',
  full: 'full',
}

/**
 * A join that the program may leave out. Where it is missing, the rows on its left are all there; where it is not, its
 * condition holds for the rows that it adds: both are what an outer join gives.
 */
export function optionalJoin(type: JoinType): JoinType {
  return keepingLeft[type]
}
