import type { LibraryExtractor } from '../library.ts'
import { builderQueries } from './typeorm/builder/queries.ts'
import { entityQueries } from './typeorm/call.ts'

const words =
  /typeorm|TypeOrm|createQueryBuilder|getRepository|Repository\b|EntityManager|[dD]ataSource|queryRunner|\.(find|findBy|findOne|findOneBy|findOneOrFail|findOneByOrFail|findAndCount|findAndCountBy|count|countBy|exists|existsBy|save|remove|insert|update|upsert|delete|softDelete|softRemove|restore|recover)\s*[(<]/

/** TypeORM: repositories, entity managers, active records and query builders. */
export const typeorm: LibraryExtractor = {
  name: 'typeorm',
  reentrant: true,
  mentions: (text) => words.test(text),
  extract: (node, scope) =>
    node.type === 'CallExpression' ? (builderQueries(node, scope) ?? entityQueries(node, scope)) : null,
}
