import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../../../source/binding.ts'
import { unwrap } from '../../../source/children.ts'
import { type Flavour, plain } from '../../../sql/flavour.ts'
import type { ExtractionScope, ObjectView } from '../../library.ts'
import type { Answer, Opaque, Query, QueryOrOpaque } from '../../query.ts'
import { type SqlCall, type SqlText, beginsAsQuery, queriesOf } from '../../sql-text.ts'
import { type TextCall, queriesIn, textOf } from '../../text-call.ts'
import { explore } from '../../variants.ts'
import { isSequelize } from './model.ts'
import { argumentAt } from './call.ts'

const optionKeys = /^(replacements|bind|mapToModel|nest|plain|fieldMap|instance|supportsSearchPath)$/

/** `sequelize.query(text, { replacements, bind, type })`. Null: no raw query of Sequelize. */
export function rawQueries(
  node: TSESTree.CallExpression,
  scope: ExtractionScope,
): readonly QueryOrOpaque[] | null {
  const callee = unwrap(node.callee)
  if (callee.type !== 'MemberExpression' || memberName(callee) !== 'query') return null
  const first = argumentAt(node, 0)
  const options = argumentAt(node, 1)
  const view = options === null ? null : scope.objectOf(options)
  if (first === null || !isOurs(callee.object, view, scope)) return null
  const { text, values } = textAndValues(first, scope)
  const given = view?.properties.filter(({ name }) => /^(replacements|bind)$/.test(name)) ?? []
  const call: TextCall = {
    library: 'sequelize',
    node,
    client: scope.pathOf(callee.object),
    answer: answerOf(view, scope),
    text,
    values: [...values, ...given.map(({ value }) => value)],
    flavour: flavourOf(options, view, scope),
  }
  const { variants, complete } = explore((decider) => {
    const { text: composed, call: sql } = textOf(call, scope, decider)
    return { text: composed, queries: readingOf(composed, sql, text, scope) }
  })
  const found = queriesIn(variants.map(({ value }) => value))
  return complete ? found : [...found, opaque(node, 'its SQL text has more variants than can be looked at')]
}

function readingOf(
  composed: SqlText,
  call: SqlCall,
  text: TSESTree.Node,
  scope: ExtractionScope,
): readonly (Query | Opaque)[] {
  const whole = composed.strings.join('').trim()
  if (composed.holes.length > 0 && whole === '') {
    return [opaque(call.node, `its SQL text comes from \`${shown(text, scope)}\`, which is not in sight`)]
  }
  const start = composed.strings[0]!
  return beginsAsQuery(start) || start.trim() === '' ? queriesOf(composed, call, scope) : []
}

const opaque = (node: TSESTree.Node, reason: string): Opaque => ({
  kind: 'opaque',
  library: 'sequelize',
  node,
  reason,
  interpolations: [],
})

const shown = (node: TSESTree.Node, scope: ExtractionScope): string =>
  scope.sourceCode.getText(node).replaceAll(/\s+/g, ' ').slice(0, 60)

function isOurs(receiver: TSESTree.Node, view: ObjectView | null, scope: ExtractionScope): boolean {
  if (isSequelize(scope.definitionOf(receiver))) return true
  if (/sequelize(\(\))?$/i.test(scope.pathOf(receiver))) return true
  return (
    view?.properties.some(
      ({ name, value }) =>
        optionKeys.test(name) || (name === 'type' && /QueryTypes/.test(scope.sourceCode.getText(value))),
    ) === true
  )
}

/** `query({ query, values })` is the same call. */
function textAndValues(
  first: TSESTree.Node,
  scope: ExtractionScope,
): { readonly text: TSESTree.Node; readonly values: readonly TSESTree.Node[] } {
  if (unwrap(scope.resolve(first)).type !== 'ObjectExpression') return { text: first, values: [] }
  const properties = scope.objectOf(first)?.properties ?? []
  const named = (name: string) => properties.findLast((property) => property.name === name)?.value
  const values = named('values') ?? named('bind')
  return { text: named('query') ?? first, values: values === undefined ? [] : [values] }
}

/** Placeholders are only replaced where values are given; `?` for a list, `:name` for an object. */
function flavourOf(options: TSESTree.Node | null, view: ObjectView | null, scope: ExtractionScope): Flavour {
  if (options === null) return plain
  const named = (name: string) => view?.properties.find((property) => property.name === name)
  const replacements = named('replacements')
  const unseen = view === null || view.open.length > 0
  if (replacements === undefined) {
    const bind = named('bind') !== undefined || unseen
    return unseen
      ? { ...plain, named: 'expected', positional: 'expected', binds: bind }
      : { ...plain, binds: bind }
  }
  const isList = scope.arrayOf(replacements.value) !== null
  return {
    ...plain,
    named: isList ? 'never' : 'always',
    positional: isList ? 'always' : 'never',
    binds: named('bind') !== undefined,
  }
}

function answerOf(view: ObjectView | null, scope: ExtractionScope): Answer {
  const plain = view?.properties.find(({ name }) => name === 'plain')
  if (plain !== undefined && scope.constantOf(plain.value)?.value !== false) {
    return { shape: 'row', throws: false }
  }
  const type = view?.properties.findLast(({ name }) => name === 'type')?.value
  const text = type === undefined ? '' : scope.sourceCode.getText(type)
  if (/SELECT['"]?$/.test(text)) return { shape: 'rows', throws: false }
  return { shape: /(UPDATE|DELETE)['"]?$/.test(text) ? 'none' : 'pair', throws: false }
}
