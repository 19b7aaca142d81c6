import { patternPath, matchesGlob } from '../query/glob.ts'
import { isRawSql } from '../query/raw-sql.ts'
import { defineRule } from '../query/rule.ts'

interface Options {
  /** Files that may hold raw SQL, as patterns from the folder that the linter runs in. */
  readonly allow: readonly string[]
}

/** Raw SQL outside the modules that may hold it. */
export default defineRule<Options>({
  name: 'no-raw-sql',
  type: 'suggestion',
  description: 'Disallow raw SQL outside the modules that may hold it',
  presets: ['strict'],
  evenTenantless: true,
  messages: {
    raw: 'Raw SQL stands outside the modules that may hold it. Move the statement into one of them ({{allowed}}), or write it with the query builder.',
  },
  schema: {
    allow: {
      type: 'array',
      items: { type: 'string' },
      description: 'Files that may hold raw SQL, as patterns from the folder that the linter runs in.',
    },
  },
  defaults: { allow: [] },
  check({ queries, opaques, file, node }, { allow }, report) {
    const path = patternPath(file.scope.filename, file.cwd)
    if (allow.some((pattern) => matchesGlob(path, pattern))) return
    const all = [...queries.map(({ query }) => query), ...opaques]
    if (!all.some(isRawSql)) return
    report('raw', node, { allowed: allow.length === 0 ? 'the option `allow` names none' : allow.join(', ') })
  },
})
