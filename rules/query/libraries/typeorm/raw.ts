import type { TSESTree } from '@typescript-eslint/utils'
import type { ExtractionScope } from '../../library.ts'
import type { Answer, Library, QueryOrOpaque } from '../../query.ts'
import { beginsAsQuery, queriesOf, sqlTextOf, type SqlCall } from '../../sql-text.ts'
import { compose } from '../../text.ts'
import { elementsOf } from '../../text-array.ts'
import { explore } from '../../variants.ts'

const answer: Answer = { shape: 'rows', throws: false }

/** `manager.query(text, parameters)`. Statements that touch no rows (BEGIN, DDL) are none. */
export const rawQueries = (
  node: TSESTree.CallExpression,
  client: string,
  scope: ExtractionScope,
): readonly QueryOrOpaque[] | null => textQueries('typeorm', node, client, scope)

/** `(text, parameters)` in the words of a library. */
export function textQueries(
  library: Library,
  node: TSESTree.CallExpression,
  client: string,
  scope: ExtractionScope,
): readonly QueryOrOpaque[] | null {
  const [text, values] = node.arguments
  if (text === undefined) return null
  const { variants } = explore((decider) => {
    const sql = sqlTextOf(compose(text, scope, decider))
    const unseen = sql.holes.length > 0 && sql.strings.join('').trim() === ''
    if (unseen) return [hidden(library, node, scope.sourceCode.getText(text))]
    if (!beginsAsQuery(sql.strings[0]!)) return []
    const elements = values === undefined ? null : elementsOf(values, scope, decider)
    const call: SqlCall = {
      library,
      node,
      client,
      answer,
      valueOf: (index) => {
        const element = elements?.[index - 1]
        if (element !== undefined) return scope.provenanceOf(element)
        return { kind: 'unknown', path: `$${index}`, nullable: false }
      },
      sourceOf: (index) => elements?.[index - 1] ?? null,
    }
    return queriesOf(sql, call, scope)
  })
  const found = variants.flatMap(({ value }) => value)
  return found.length === 0 ? null : found
}

function hidden(library: Library, node: TSESTree.Node, text: string): QueryOrOpaque {
  const reason = `its SQL text comes from \`${text.slice(0, 60)}\`, which is not in sight`
  return { kind: 'opaque', library, node, reason, interpolations: [] }
}
