import type { TSESTree } from '@typescript-eslint/utils'
import type { ExtractionScope, LibraryExtractor } from '../library.ts'
import type { QueryOrOpaque } from '../query.ts'
import { modelCallOf } from './sequelize/call.ts'
import { instanceQueries } from './sequelize/instance.ts'
import { rawQueries } from './sequelize/raw.ts'
import { queriesOf } from './sequelize/statements.ts'

/** The library's name, or methods that hardly anything else has. */
const words =
  /sequelize|\b(findAll|findByPk|findAndCountAll|findOrCreate|findCreateFind|findOrBuild|bulkCreate|destroy)\s*[(<]/i

/** Sequelize: calls of models, of the rows that they give, and SQL text with replacements. */
export const sequelize: LibraryExtractor = {
  name: 'sequelize',
  reentrant: true,
  mentions: (text) => words.test(text),
  extract: (node, scope) => (node.type === 'CallExpression' ? extract(node, scope) : null),
}

function extract(
  node: TSESTree.CallExpression,
  scope: ExtractionScope,
): QueryOrOpaque | readonly QueryOrOpaque[] | null {
  const text = rawQueries(node, scope)
  if (text !== null) return text
  const call = modelCallOf(node, scope)
  if (call === null) return instanceQueries(node, scope)
  if (call.model.name !== null) return queriesOf(call, scope)
  return {
    kind: 'opaque',
    library: 'sequelize',
    node,
    reason: 'the model is chosen at run time',
    interpolations: [],
  }
}
