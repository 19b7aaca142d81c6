import type { LibraryExtractor } from '../library.ts'
import { builderQueries } from './mikro-orm/builder.ts'
import { entityQueries } from './mikro-orm/call.ts'
import { rawQueries } from './mikro-orm/raw.ts'

const words =
  /mikro-?orm|EntityRepository\b|EntityManager\b|\bem\s*\.|\.(findOneOrFail|nativeUpdate|nativeDelete|nativeInsert|findAll|findAndCount|persistAndFlush|removeAndFlush)\s*[(<]/i

/** MikroORM: entity managers, repositories and its query builder. */
export const mikroOrm: LibraryExtractor = {
  name: 'mikro-orm',
  reentrant: true,
  mentions: (text) => words.test(text),
  extract: (node, scope) =>
    node.type === 'CallExpression'
      ? (rawQueries(node, scope) ?? builderQueries(node, scope) ?? entityQueries(node, scope))
      : null,
}
