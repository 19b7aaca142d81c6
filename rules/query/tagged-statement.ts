import type { TSESTree } from '@typescript-eslint/utils'
import type { ExtractionScope } from './library.ts'
import type { Answer, Library, QueryOrOpaque } from './query.ts'
import { beginsAsQuery, queriesOf, sqlTextOf } from './sql-text.ts'
import { composeTagged, type TagDialect } from './tagged.ts'
import { explore } from './variants.ts'

/** One tagged template that is sent as a statement. */
export interface TaggedStatement {
  readonly library: Library
  /** The call to report: the template itself, or the call that is given it. */
  readonly node: TSESTree.Node
  readonly template: TSESTree.TaggedTemplateExpression
  readonly client: string
  readonly answer: Answer
}

/** The queries of a template: one for each way in which its conditional fragments can fall out. */
export function taggedQueries(
  { library, node, template, client, answer }: TaggedStatement,
  dialect: TagDialect,
  scope: ExtractionScope,
): readonly QueryOrOpaque[] {
  const { variants, complete } = explore((decider) => {
    const text = sqlTextOf(composeTagged(template, dialect, scope, decider))
    if (!beginsAsQuery(text.strings[0]!)) return []
    const valueOf = (): { kind: 'unknown'; path: string; nullable: boolean } => ({
      kind: 'unknown',
      path: '?',
      nullable: false,
    })
    return queriesOf(text, { library, node, client, answer, valueOf }, scope)
  })
  const queries = variants.flatMap(({ value }) => value).map((query) => named(query, scope))
  if (complete) return queries
  const reason = 'its SQL text has more variants than can be looked at'
  return [...queries, { kind: 'opaque', library, node, reason, interpolations: [] }]
}

/** Long interpolations would drown a message; their beginning names them well enough. */
const nameLength = 60

/** Parameters are called by what is interpolated: the template has no numbers of its own. */
function named(query: QueryOrOpaque, scope: ExtractionScope): QueryOrOpaque {
  if (query.kind === 'opaque') return query
  const parameters = query.statement.parameters.map((parameter, index) => {
    const source = query.sources[index]
    if (source === null || source === undefined) return parameter
    return { ...parameter, name: scope.sourceCode.getText(source).replace(/\s+/g, ' ').slice(0, nameLength) }
  })
  return { ...query, statement: { ...query.statement, parameters } }
}
