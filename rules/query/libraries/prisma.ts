import type { LibraryExtractor } from '../library.ts'
import { modelCallOf } from './prisma/client.ts'
import { rawQueries } from './prisma/raw.ts'
import { queriesOf } from './prisma/statements.ts'
import { typedQueries } from './prisma/typed.ts'

/** Methods that hardly anything else has, and common words where they stand on a member of something (`db.project.create`). */
const distinctive =
  /\b(find(Many|First|Unique)(OrThrow)?|(create|update)Many(AndReturn)?|deleteMany|upsert|aggregate|groupBy)\s*[(<]/
const common =
  /[\w$\])]\s*[?!]*\.\s*\w+\s*[?!]*\.\s*(create|update|delete|count)\s*[(<]|\]\s*[?!]*\.\s*(create|update|delete|count)\s*[(<]/
const raw = /\$(query|execute)Raw/

/**
 * Prisma. One call is one statement on its model, joined with what it includes, and one more statement for every nested
 * write.
 */
export const prisma: LibraryExtractor = {
  name: 'prisma',
  reentrant: true,
  mentions: (text) => distinctive.test(text) || common.test(text) || raw.test(text),
  extract: (node, scope) => {
    const text = rawQueries(node, scope)
    if (text !== null) return text
    if (node.type !== 'CallExpression') return null
    const typed = typedQueries(node, scope)
    if (typed !== null) return typed
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
