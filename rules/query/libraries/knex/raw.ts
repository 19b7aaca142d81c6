import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../../../source/binding.ts'
import { unwrap } from '../../../source/children.ts'
import type { Operand } from '../../../sql/statement.ts'
import { append, emptyFragment, type FragmentText } from '../../fragment.ts'
import type { ExtractionScope } from '../../library.ts'
import { compose, type TextPart } from '../../text.ts'
import { explore } from '../../variants.ts'
import type { Environment } from './chain.ts'
import { possible, type Conversion } from './conversion.ts'
import { receiverOf } from './receiver.ts'

/** The method of a client that an expression calls to make a part of a statement: `raw` of `knex.raw(…)`, `ref` of `knex.ref(…)`. */
export function partMethod(node: TSESTree.Node, scope: ExtractionScope): 'raw' | 'ref' | null {
  if (node.type !== 'CallExpression') return null
  const callee = unwrap(node.callee)
  if (callee.type !== 'MemberExpression') return null
  const method = memberName(callee)
  if (method !== 'raw' && method !== 'ref') return null
  return receiverOf(callee.object, scope) === 'other' ? null : method
}

/** `raw(…).wrap('(', ')')`, `raw(…).as('name')`: the `raw(…)` itself. */
export function partIn(node: TSESTree.Node, scope: ExtractionScope): TSESTree.CallExpression | null {
  const bare = unwrap(node)
  if (bare.type !== 'CallExpression') return null
  if (partMethod(bare, scope) !== null) return bare
  const callee = unwrap(bare.callee)
  const wraps =
    callee.type === 'MemberExpression' && /^(as|wrap|withSchema|timeout)$/.test(memberName(callee) ?? '')
  return wraps ? partIn(callee.object, scope) : null
}

/** Placeholders of Knex: `?`, `??`, `:name`, `:name:`; a backslash escapes them, and `::` is a cast. */
const placeholder = /\\\?|\\:|::|\?\??|:(\w+):?/g

/**
 * Every text that `raw(sql, bindings)` can become. `bindings` is one value, an array of them, or an object of named ones.
 */
export function rawTexts(
  given: readonly TSESTree.Node[],
  environment: Environment,
  conversion: Conversion,
): readonly FragmentText[] {
  const [sql, bindings] = given
  if (sql === undefined) return [{ ...emptyFragment, unseen: true }]
  const { scope } = conversion.draft
  const values = bindings === undefined ? null : valuesOf(bindings, environment, conversion)
  return possible(sql, environment, conversion).flatMap(({ node }) => {
    const { variants, complete } = explore((decider) => compose(node, scope, decider))
    const texts = variants.map(({ value }) => rawText(value, values, environment, conversion))
    return complete ? texts : [...texts, { ...emptyFragment, unseen: true }]
  })
}

interface Values {
  /** Values by position (from 0) or name; null when it is not in sight which value that is. */
  readonly get: (key: number | string) => TSESTree.Node | null
  readonly whole: TSESTree.Node
  readonly named: boolean
}

function valuesOf(node: TSESTree.Node, environment: Environment, conversion: Conversion): Values {
  const { scope } = conversion.draft
  const [placed] = possible(node, environment, conversion)
  const whole = placed?.node ?? node
  const object = whole.type === 'ArrayExpression' ? null : scope.objectOf(whole)
  if (object !== null && object.properties.length > 0) {
    const get = (key: number | string): TSESTree.Node | null =>
      object.properties.findLast(({ name }) => name === key)?.value ?? null
    return { get, whole, named: true }
  }
  const array = scope.arrayOf(whole)
  if (array === null) {
    const single = (key: number | string): TSESTree.Node | null => (key === 0 ? whole : null)
    return { get: single, whole, named: false }
  }
  const certain = array.open.length === 0 && array.elements.every(({ optional }) => optional === null)
  const at = (key: number | string): TSESTree.Node | null =>
    certain && typeof key === 'number' ? (array.elements[key]?.value ?? null) : null
  return { get: at, whole, named: false }
}

function rawText(
  parts: readonly TextPart[],
  values: Values | null,
  environment: Environment,
  conversion: Conversion,
): FragmentText {
  let position = 0
  const next = (): number => position++
  return parts.reduce<FragmentText>((text, part) => {
    if (part.kind === 'text') {
      return append(text, bound(part.text, values, next, environment, conversion))
    }
    const { scope } = conversion.draft
    const [placed] = possible(part.node, environment, conversion)
    const constant = placed === undefined ? null : scope.constantOf(placed.node)
    if (constant !== null) return append(text, { ...emptyFragment, text: String(constant.value) })
    const interpolation = {
      node: part.node,
      position: 'fragment',
      provenance: scope.provenanceOf(part.node),
    } as const
    // Pasted text reads as a value where a value can stand; anywhere else the text no longer parses.
    const value = (): Operand => conversion.draft.value(part.node)
    return append(text, { ...emptyFragment, text: '$1', holes: [value], interpolations: [interpolation] })
  }, emptyFragment)
}

/** The stretch of text with its placeholders bound. Without bindings Knex leaves `?` alone. */
function bound(
  text: string,
  values: Values | null,
  next: () => number,
  environment: Environment,
  conversion: Conversion,
): FragmentText {
  let result = emptyFragment
  let from = 0
  for (const found of text.matchAll(placeholder)) {
    const [written, name] = found
    const part = values === null ? null : boundPart(written, name, values, next, environment, conversion)
    if (part === null && !written.startsWith('\\')) continue
    result = append(result, { ...emptyFragment, text: text.slice(from, found.index) })
    result = append(result, part ?? { ...emptyFragment, text: written.slice(1) })
    from = found.index + written.length
  }
  return append(result, { ...emptyFragment, text: text.slice(from) })
}

function boundPart(
  written: string,
  name: string | undefined,
  values: Values,
  next: () => number,
  environment: Environment,
  conversion: Conversion,
): FragmentText | null {
  if (written === '::' || written.startsWith('\\')) return null
  if ((name !== undefined) !== values.named) return null
  const node = values.get(name ?? next())
  if (name !== undefined && node === null) return null
  const identifier = written === '??' || (name !== undefined && written.endsWith(':'))
  if (identifier) {
    const [placed] = node === null ? [] : possible(node, environment, conversion)
    const column = placed === undefined ? null : conversion.draft.scope.constantOf(placed.node)?.value
    return typeof column === 'string'
      ? { ...emptyFragment, text: quoted(column) }
      : { ...emptyFragment, unseen: true }
  }
  return placed(node ?? values.whole, environment, conversion)
}

function placed(node: TSESTree.Node, environment: Environment, conversion: Conversion): FragmentText {
  const [one] = possible(node, environment, conversion)
  const inner = one === undefined ? null : partIn(one.node, conversion.draft.scope)
  if (inner !== null && partMethod(inner, conversion.draft.scope) === 'raw') {
    conversion.consumed.add(inner)
    const texts = rawTexts(inner.arguments, one!.environment, conversion)
    if (texts.length === 1) return texts[0]!
  }
  if (conversion.evaluator.chainsOf(node, environment) !== null) return { ...emptyFragment, unseen: true }
  return { ...emptyFragment, text: '$1', holes: [() => conversion.draft.value(one?.node ?? node)] }
}

const quoted = (name: string): string =>
  name
    .split('.')
    .map((one) => (one === '*' ? one : `"${one.replaceAll('"', '""')}"`))
    .join('.')
