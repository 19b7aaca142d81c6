import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../../../source/binding.ts'
import { unwrap } from '../../../source/children.ts'
import type { CallNode, ExtractionScope } from '../../library.ts'
import type { QueryOrOpaque } from '../../query.ts'
import { queriesOf, sqlTextOf, type SqlCall } from '../../sql-text.ts'
import { rawFlavour } from './raw-flavour.ts'
import { holdsTest, type Decider } from '../../decider.ts'
import { compose, type TextPart } from '../../text.ts'
import { type Given, placed } from '../../placeholders.ts'
import { explore } from '../../variants.ts'

const tagged = /^\$(queryRaw|executeRaw)$/
const unsafe = /^\$(queryRawUnsafe|executeRawUnsafe)$/

/** Fragments may hold fragments; text that nests deeper is not in sight. */
const maximumDepth = 16

/** `$queryRaw\`…\``, `$queryRaw(Prisma.sql\`…\`)`, `$queryRawUnsafe(text, ...values)`. Null: no raw query. */
export function rawQueries(node: CallNode, scope: ExtractionScope): readonly QueryOrOpaque[] | null {
  const callee = unwrap(node.type === 'CallExpression' ? node.callee : node.tag)
  if (callee.type !== 'MemberExpression') return null
  const method = memberName(callee) ?? ''
  if (!tagged.test(method) && !unsafe.test(method)) return null
  const values = node.type === 'CallExpression' ? node.arguments.slice(1) : []
  const call: SqlCall = {
    library: 'prisma',
    node,
    client: scope.pathOf(callee.object),
    answer: { shape: /^\$query/.test(method) ? 'rows' : 'none', throws: false },
    valueOf: (index) => {
      const value = values[index - 1]
      return value === undefined || value.type === 'SpreadElement'
        ? { kind: 'unknown', path: `$${index}`, nullable: true }
        : scope.provenanceOf(value)
    },
    sourceOf: (index) => values[index - 1] ?? null,
  }
  const [text] = node.type === 'CallExpression' ? node.arguments : [node]
  if (text === undefined) return null
  const { variants } = explore((decider) =>
    tagged.test(method) ? sqlParts(text, scope, decider, 0) : compose(text, scope, decider),
  )
  return variants.flatMap(({ value }) => queriesOf(sqlTextOf(inGrammar(value, scope)), call, scope))
}

const nothingGiven: Given = {
  named: () => null,
  positional: () => null,
  textOf: () => [],
  nameOf: () => null,
}

/** The text as PostgreSQL's grammar has it. Prisma sends what is interpolated by itself, so that there are no placeholders to fill. */
function inGrammar(parts: readonly TextPart[], { tenancy }: ExtractionScope): readonly TextPart[] {
  const flavour = rawFlavour(
    parts.map((part) => (part.kind === 'text' ? part.text : ' $1 ')).join(''),
    tenancy,
  )
  return flavour.dialect === 'postgres' ? parts : placed(parts, flavour, nothingGiven).parts
}

/** The text of a `Prisma.sql` template: fragments in it are put in, everything else is sent as a parameter. */
function sqlParts(given: TSESTree.Node, scope: ExtractionScope, decider: Decider, depth: number): TextPart[] {
  const node = unwrap(scope.resolve(unwrap(given)))
  const again = (inner: TSESTree.Node): TextPart[] => sqlParts(inner, scope, decider, depth + 1)
  const text = (value: string): TextPart[] => [{ kind: 'text', text: value, node, offset: null }]
  if (depth > maximumDepth) return [{ kind: 'hole', node, bound: true }]
  switch (node.type) {
    case 'TaggedTemplateExpression':
      return node.quasi.quasis.flatMap((quasi, index): TextPart[] => {
        const expression = node.quasi.expressions[index]
        const piece: TextPart = {
          kind: 'text',
          text: quasi.value.cooked ?? quasi.value.raw,
          node: quasi,
          offset: null,
        }
        return expression === undefined ? [piece] : [piece, ...again(expression)]
      })
    case 'ConditionalExpression':
      if (!isFragment(node.consequent, scope) && !isFragment(node.alternate, scope)) break
      return again(holdsTest(node.test, scope, decider) ? node.consequent : node.alternate)
    case 'MemberExpression':
      if (memberName(node) === 'empty' && isPrisma(node.object, scope)) return text(' ')
      break
    case 'CallExpression':
      return ofCall(node, scope, again, text) ?? [{ kind: 'hole', node: given, bound: true }]
    case 'Identifier': {
      const written = scope.writesOf(node, node)?.filter((write) => write.kind !== 'member') ?? []
      const taken = written.findLast((write) => write.decisions.every((one) => decider.holds(one)))
      if (taken?.value !== undefined && taken.value !== null && isFragment(taken.value, scope)) {
        return again(taken.value)
      }
      break
    }
    default:
  }
  return [{ kind: 'hole', node: given, bound: true }]
}

/** `Prisma.raw(text)` pastes; `Prisma.join(list)` writes a list of parameters. */
function ofCall(
  node: TSESTree.CallExpression,
  scope: ExtractionScope,
  again: (inner: TSESTree.Node) => TextPart[],
  text: (value: string) => TextPart[],
): TextPart[] | null {
  const callee = unwrap(node.callee)
  const [first, second] = node.arguments
  if (callee.type !== 'MemberExpression' || first === undefined || !isPrisma(callee.object, scope))
    return null
  if (memberName(callee) === 'raw') {
    const constant = scope.constantOf(first)
    return constant === null ? [{ kind: 'hole', node: first, bound: false }] : text(String(constant.value))
  }
  if (memberName(callee) === 'sql') return again(first)
  if (memberName(callee) !== 'join') return null
  const array = scope.arrayOf(first)
  if (array === null || array.open.length > 0 || array.elements.some(({ optional }) => optional !== null)) {
    return second === undefined
      ? [{ kind: 'hole', node: first, bound: true }]
      : [{ kind: 'hole', node: first, bound: false }]
  }
  const constant = second === undefined ? ',' : scope.constantOf(second)?.value
  const separator = typeof constant === 'string' ? constant : ','
  return array.elements.flatMap(({ value }, index) =>
    index === 0 ? again(value) : [...text(separator), ...again(value)],
  )
}

function isFragment(given: TSESTree.Node, scope: ExtractionScope): boolean {
  const node = unwrap(scope.resolve(unwrap(given)))
  if (node.type === 'TaggedTemplateExpression') {
    const tag = unwrap(node.tag)
    return tag.type === 'MemberExpression' ? isPrisma(tag.object, scope) : scope.pathOf(tag) === 'sql'
  }
  if (node.type === 'MemberExpression') return memberName(node) === 'empty' && isPrisma(node.object, scope)
  if (node.type === 'ConditionalExpression') {
    return isFragment(node.consequent, scope) || isFragment(node.alternate, scope)
  }
  if (node.type !== 'CallExpression') return false
  const callee = unwrap(node.callee)
  return callee.type === 'MemberExpression' && isPrisma(callee.object, scope)
}

const isPrisma = (node: TSESTree.Node, scope: ExtractionScope): boolean =>
  /(^|\.)Prisma$/.test(scope.pathOf(node))
