import type { TSESTree } from '@typescript-eslint/utils'
import type { ExtractionScope } from '../../library.ts'
import type { Answer, Library, QueryOrOpaque } from '../../query.ts'
import { type Flavour, plain } from '../../../sql/flavour.ts'
import { beginsAsQuery, queriesOf } from '../../sql-text.ts'
import { textOf } from '../../text-call.ts'
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
  flavour: Flavour = plain,
): readonly QueryOrOpaque[] | null {
  const [text, given] = node.arguments
  if (text === undefined) return null
  const values = given === undefined ? [] : [given]
  const { variants } = explore((decider) => {
    const { text: sql, call } = textOf(
      { library, node, client, answer, text, values, flavour },
      scope,
      decider,
    )
    const unseen = sql.holes.length > 0 && sql.strings.join('').trim() === ''
    if (unseen) return [hidden(library, node, scope.sourceCode.getText(text))]
    return beginsAsQuery(sql.strings[0]!) ? queriesOf(sql, call, scope) : []
  })
  const found = variants.flatMap(({ value }) => value)
  return found.length === 0 ? null : found
}

function hidden(library: Library, node: TSESTree.Node, text: string): QueryOrOpaque {
  const reason = `its SQL text comes from \`${text.slice(0, 60)}\`, which is not in sight`
  return { kind: 'opaque', library, node, reason, interpolations: [] }
}
