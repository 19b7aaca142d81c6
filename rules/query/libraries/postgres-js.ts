import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../../source/binding.ts'
import { unwrap } from '../../source/children.ts'
import { variableOf } from '../../source/module.ts'
import type { CallNode, ExtractionScope, LibraryExtractor } from '../library.ts'
import type { Answer, QueryOrOpaque } from '../query.ts'
import { beginsAsQuery, queriesOf, sqlTextOf } from '../sql-text.ts'
import type { TagDialect } from '../tagged.ts'
import { taggedQueries } from '../tagged-statement.ts'
import { compose } from '../text.ts'
import { elementsOf } from '../text-array.ts'
import { explore } from '../variants.ts'
import { helperText } from './postgres-js/interpolated.ts'
import { receiverOf } from './postgres-js/receiver.ts'

const answer: Answer = { shape: 'rows', throws: false }

/** postgres.js: a template is a statement where it is awaited or handed on, and a part of one inside another template. */
export const postgresJs: LibraryExtractor = {
  name: 'postgres-js',
  reentrant: true,
  mentions: (text) =>
    /[\w>)]\s*`\s*(--[^\n]*\n\s*)*(select|insert|update|delete|with|truncate|merge)\b/i.test(text) ||
    /\.unsafe\s*\(/.test(text),
  extract: (node, scope) => {
    if (node.type === 'CallExpression') return unsafe(node, scope)
    const receiver = receiverOf(node.tag, scope)
    if (receiver === 'other' || !beginsAsQuery(node.quasi.quasis[0]!.value.raw)) return null
    if (isPart(node, scope)) return []
    if (receiver === 'conventional' && !isSent(node)) return null
    const client = scope.pathOf(node.tag)
    return taggedQueries(
      { library: 'postgres-js', node, template: node, client, answer },
      dialectOf(scope),
      scope,
    )
  },
}

function dialectOf(scope: ExtractionScope): TagDialect {
  return {
    isTemplate: (node) => receiverOf(node.tag, scope) !== 'other',
    helper: (node, before) => {
      if (receiverOf(node.callee, scope) !== 'other') return helperText(node, before, scope)
      const callee = unwrap(node.callee)
      const method = callee.type === 'MemberExpression' ? memberName(callee) : null
      if (callee.type !== 'MemberExpression' || receiverOf(callee.object, scope) === 'other') return null
      const [first] = node.arguments
      if (first === undefined) return null
      if (method === 'unsafe') {
        const text = scope.constantOf(first)?.value
        return typeof text === 'string'
          ? [{ kind: 'text', text, node, offset: null }]
          : [{ kind: 'hole', node: first, bound: false }]
      }
      return /^(json|array|typed|date)$/.test(method ?? '')
        ? [{ kind: 'hole', node: first, bound: true }]
        : null
    },
  }
}

/** Inside another template, or kept in a variable that stands in one. */
function isPart(node: TSESTree.Node, scope: ExtractionScope): boolean {
  const { parent } = node
  switch (parent?.type) {
    case 'TemplateLiteral':
      return parent.parent.type === 'TaggedTemplateExpression'
    case 'ConditionalExpression':
    case 'LogicalExpression':
    case 'TSAsExpression':
    case 'TSNonNullExpression':
      return isPart(parent, scope)
    case 'CallExpression':
      return parent.callee !== node && receiverOf(parent.callee, scope) !== 'other'
    case 'VariableDeclarator': {
      const variable = parent.id.type === 'Identifier' ? variableOf(scope.sourceCode, parent.id) : null
      const uses = variable?.references.filter((one) => one.isRead()) ?? []
      return uses.length > 0 && uses.every((one) => isPart(one.identifier as TSESTree.Node, scope))
    }
    default:
      return false
  }
}

/** Awaited, returned, or one of several promises. */
function isSent(node: TSESTree.Node): boolean {
  const { parent } = node
  switch (parent?.type) {
    case 'AwaitExpression':
    case 'ReturnStatement':
    case 'ArrowFunctionExpression':
    case 'ExpressionStatement':
    case 'ArrayExpression':
      return true
    case 'MemberExpression':
      return /^(then|catch|finally|values|raw|cursor|forEach|describe|simple|execute)$/.test(
        memberName(parent) ?? '',
      )
    case 'ConditionalExpression':
    case 'TSAsExpression':
      return isSent(parent)
    default:
      return false
  }
}

/** `sql.unsafe(text, values)`. */
function unsafe(node: TSESTree.CallExpression, scope: ExtractionScope): readonly QueryOrOpaque[] | null {
  const callee = unwrap(node.callee)
  if (callee.type !== 'MemberExpression' || memberName(callee) !== 'unsafe') return null
  const [first, values] = node.arguments
  if (first === undefined || receiverOf(callee.object, scope) === 'other') return null
  if (isPart(node, scope)) return []
  const { variants } = explore((decider) => {
    const text = sqlTextOf(compose(first, scope, decider))
    if (!beginsAsQuery(text.strings[0]!)) return text.strings.join('').trim() === '' ? [unseen(node)] : []
    const elements = values === undefined ? null : elementsOf(values, scope, decider)
    const sourceOf = (index: number): TSESTree.Node | null => elements?.[index - 1] ?? null
    return queriesOf(
      text,
      {
        ...callOf(node, callee, scope),
        sourceOf,
        valueOf: (index) => {
          const source = sourceOf(index)
          return source === null
            ? { kind: 'unknown', path: `$${index}`, nullable: false }
            : scope.provenanceOf(source)
        },
      },
      scope,
    )
  })
  return variants.flatMap(({ value }) => value)
}

const callOf = (node: CallNode, callee: TSESTree.MemberExpression, scope: ExtractionScope) =>
  ({ library: 'postgres-js', node, client: scope.pathOf(callee.object), answer }) as const

function unseen(node: TSESTree.Node): QueryOrOpaque {
  return {
    kind: 'opaque',
    library: 'postgres-js',
    node,
    reason: 'its SQL text is not in sight',
    interpolations: [],
  }
}
