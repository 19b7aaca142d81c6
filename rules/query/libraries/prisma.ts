import type { LibraryExtractor } from '../library.ts'
import { modelCallOf } from './prisma/client.ts'
import { rawQueries } from './prisma/raw.ts'
import { queriesOf } from './prisma/statements.ts'

const methods =
  /\.\s*(find(Many|First|Unique)(OrThrow)?|(create|update)Many(AndReturn)?|deleteMany|create|update|upsert|delete|count|aggregate|groupBy)\s*[(<]/

/**
 * Prisma. One call is one statement on its model, joined with what it includes, and one more statement for every nested
 * write.
 */
export const prisma: LibraryExtractor = {
  name: 'prisma',
  reentrant: true,
  mentions: (text) => methods.test(text) || /\$(query|execute)Raw/.test(text),
  extract: (node, scope) => {
    const raw = rawQueries(node, scope)
    if (raw !== null) return raw
    if (node.type !== 'CallExpression') return null
    const call = modelCallOf(node, scope)
    if (call === null) return null
    if (call !== 'dynamic') return queriesOf(call, scope)
    return {
      kind: 'opaque',
      library: 'prisma',
      node,
      reason: 'the model is chosen at run time',
      interpolations: [],
    }
  },
}
