import { calleeName } from '../source/callee.ts'
import type { Library, Query } from './query.ts'

/** What they bring along hangs on the row of the model; it does not stand beside its columns. */
export const objectMappers: ReadonlySet<Library> = new Set<Library>(['prisma', 'sequelize'])

const dropping: ReadonlySet<Library> = new Set<Library>(['prisma', 'typeorm', 'mikro-orm', 'sequelize'])

/** Methods of Prisma that pick many rows; the others take a key, and refuse one that is undefined. */
const ofMany = /^(?:findMany|findFirst\w*|updateMany\w*|deleteMany|count|aggregate|groupBy)$/

/** Does a value that is undefined pick no row, rather than every row? Some libraries leave a condition out without one. */
export function absentPicksNone({ library, node }: Query): boolean {
  if (!dropping.has(library)) return true
  const method = node.type === 'CallExpression' ? calleeName(node) : null
  return library === 'prisma' && method !== null && !ofMany.test(method)
}
