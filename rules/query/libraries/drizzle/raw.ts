import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../../../source/binding.ts'
import { unwrap } from '../../../source/children.ts'
import type { Definition } from '../../../source/definition.ts'
import type { Answer, QueryOrOpaque } from '../../query.ts'
import { emptyLevel, type Conversion } from './conversion.ts'
import { emptyEnvironment } from './environment.ts'
import type { Evaluator } from './evaluate.ts'
import { fragmentBlocks } from './fragment.ts'
import { empty, fragmentIn, fragmentTexts, type FragmentText } from './fragment-text.ts'
import { receiverOf } from './receiver.ts'

const shapes: Readonly<Record<string, Answer['shape']>> = {
  execute: 'result',
  run: 'none',
  all: 'rows',
  get: 'row',
  values: 'none',
}

/** `db.execute(sql\`…\`)`, `db.all(sql\`…\`)`: the statements of every text that the template can become. Null: no such call. */
export function rawQueries(
  node: TSESTree.CallExpression,
  evaluator: Evaluator,
  conversionFor: () => Conversion,
): readonly QueryOrOpaque[] | null {
  const { scope } = evaluator
  const callee = unwrap(node.callee)
  const method = callee.type === 'MemberExpression' ? (memberName(callee) ?? '') : ''
  const [given] = node.arguments
  if (callee.type !== 'MemberExpression' || !Object.hasOwn(shapes, method) || given === undefined) return null
  const receiver = receiverOf(callee.object, scope)
  if (receiver === 'other') return null
  const texts = (conversion: Conversion): readonly FragmentText[] | null =>
    textsOf(given, receiver === 'client', conversion)
  const count = texts(conversionFor())?.length
  if (count === undefined) return null
  const shape =
    method === 'execute' && isArrayDriver(scope.definitionOf(callee.object)) ? 'rows' : shapes[method]!
  const queries: QueryOrOpaque[] = []
  for (let index = 0; index < count; index++) {
    const conversion = conversionFor()
    const text = texts(conversion)![index]!
    const blocks = fragmentBlocks(text, node, conversion)
    if (blocks === null) queries.push(opaque(node, text))
    for (const block of blocks ?? []) {
      const client = scope.pathOf(callee.object)
      queries.push(conversion.draft.finish('drizzle', node, client, block, { shape, throws: false }))
    }
  }
  return queries
}

function opaque(node: TSESTree.Node, { unseen, interpolations }: FragmentText): QueryOrOpaque {
  const reason = unseen ? 'a part of the SQL text is chosen at run time' : 'the SQL text does not parse'
  return { kind: 'opaque', library: 'drizzle', node, reason, interpolations }
}

/** A `sql` template, or a plain text where the client is certainly Drizzle's. */
function textsOf(
  given: TSESTree.Node,
  certain: boolean,
  conversion: Conversion,
): readonly FragmentText[] | null {
  const constant = certain ? conversion.draft.scope.constantOf(given)?.value : null
  if (typeof constant === 'string') return [{ ...empty, text: constant }]
  const found = conversion.evaluator.alternativesOf(given, emptyEnvironment) ?? []
  const fragments = found.map(({ node, environment }) => {
    const fragment = node === null ? null : fragmentIn(node, environment, conversion)
    return fragment === null ? null : fragmentTexts(fragment, environment, emptyLevel, conversion)
  })
  if (fragments.length === 0 || fragments.includes(null)) return null
  return fragments.flatMap((one) => one ?? [])
}

/** These drivers give the rows themselves, the others an object that holds them. */
function isArrayDriver(definition: Definition): boolean {
  const from =
    definition.kind === 'call' ? definition.callee : definition.kind === 'typed' ? definition.type : null
  return from?.kind === 'import' && /\/(postgres-js|pglite-http|bun-sql)/.test(from.module)
}
