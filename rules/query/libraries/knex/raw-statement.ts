import type { TSESTree } from '@typescript-eslint/utils'
import { startDraft } from '../../draft.ts'
import { emptyFragment, fragmentBlocks, type FragmentText } from '../../fragment.ts'
import type { Opaque, QueryOrOpaque } from '../../query.ts'
import { beginsAsQuery } from '../../sql-text.ts'
import { unwrap } from '../../../source/children.ts'
import { emptyEnvironment } from './chain.ts'
import type { Conversion } from './conversion.ts'
import type { Evaluator } from './evaluate.ts'
import { wrapperOf } from './change.ts'
import { rawTexts } from './raw.ts'

/** `await knex.raw('…', bindings)`. Null: text that touches no rows (DDL), or a part of something out of sight. */
export function rawStatement(
  node: TSESTree.CallExpression,
  evaluator: Evaluator,
): readonly QueryOrOpaque[] | null {
  const callee = unwrap(node.callee)
  const client = callee.type === 'MemberExpression' ? evaluator.scope.pathOf(callee.object) : ''
  const conversionFor = (): Conversion => ({
    draft: startDraft(evaluator.scope),
    evaluator,
    consumed: new Set(),
    blockOf: () => ({
      kind: 'opaque',
      reason: 'a builder inside raw SQL',
      occurrences: [],
      ctes: [],
      span: null,
    }),
  })
  const count = rawTexts(node.arguments, emptyEnvironment, conversionFor()).length
  const queries: QueryOrOpaque[] = []
  for (let index = 0; index < count; index++) {
    const conversion = conversionFor()
    const text = rawTexts(node.arguments, emptyEnvironment, conversion)[index] ?? emptyFragment
    queries.push(...statementsOf(text, node, client, conversion))
  }
  return queries
}

function statementsOf(
  text: FragmentText,
  node: TSESTree.CallExpression,
  client: string,
  { draft }: Conversion,
): readonly QueryOrOpaque[] {
  const starts = beginsAsQuery(text.text)
  const hidden = /^\s*\$1\s*$/.test(text.text) || (text.unseen && text.text.trim() === '')
  const awaited = wrapperOf(node).parent?.type === 'AwaitExpression'
  if (!starts) return hidden && awaited ? [opaque(text, node, 'its SQL text is not in sight')] : []
  const blocks = fragmentBlocks([text], node, draft)
  if (blocks === null) {
    const reason = text.unseen
      ? 'a part of the SQL text is chosen at run time'
      : 'the SQL text does not parse'
    return [opaque(text, node, reason)]
  }
  return blocks.map((block) => draft.finish('knex', node, client, block, { shape: 'result', throws: false }))
}

function opaque(text: FragmentText, node: TSESTree.CallExpression, reason: string): Opaque {
  return { kind: 'opaque', library: 'knex', node, reason, interpolations: text.interpolations }
}
