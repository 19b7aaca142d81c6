import type { TSESTree } from '@typescript-eslint/utils'
import type { Block } from '../../../../sql/statement.ts'
import { memberName } from '../../../../source/binding.ts'
import { childrenOf, unwrap } from '../../../../source/children.ts'
import type { Decider } from '../../../decider.ts'
import type { Draft } from '../../../draft.ts'
import type { PropertyView } from '../../../library.ts'
import type { Naming } from '../../../naming.ts'
import type { Entity } from '../../prisma/entity.ts'
import type { Chain } from './chain.ts'
import type { Step } from './steps.ts'

/** What turning one builder into one statement needs at hand everywhere. */
export interface Conversion {
  readonly draft: Draft
  readonly decider: Decider
  /** Tests that decide which of several filters counts; each of their outcomes makes a statement of its own. */
  readonly decisive: ReadonlySet<string>
  readonly parameters: ReadonlyMap<string, PropertyView>
  readonly blockOf: (chain: Chain, outer: Level | null) => Block
}

/** What is visible at one place of a statement. */
export interface Level {
  readonly naming: Naming
  readonly entities: ReadonlyMap<string, Entity>
  /** Alias of the main entity. */
  readonly alias: string
  readonly main: Entity | null
}

const withParameters =
  /^(where|andWhere|orWhere|having|andHaving|orHaving|setParameters?|(left|inner)Join\w*|select|addSelect)$/

/** Values of `:name`, from every call that gives some. They are shared by the whole statement. */
export function parametersOf(steps: readonly Step[], draft: Draft): ReadonlyMap<string, PropertyView> {
  const found = new Map<string, PropertyView>()
  const visit = (node: TSESTree.Node): void => {
    if (node.type === 'CallExpression') addFrom(node, draft, found)
    for (const child of childrenOf(node)) visit(child)
  }
  for (const { call } of steps) {
    addFrom(call, draft, found)
    for (const argument of call.arguments) visit(argument)
  }
  return found
}

function addFrom(call: TSESTree.CallExpression, draft: Draft, found: Map<string, PropertyView>): void {
  const callee = unwrap(call.callee)
  const name = callee.type === 'MemberExpression' ? (memberName(callee) ?? '') : ''
  if (!withParameters.test(name)) return
  const [first, second] = call.arguments
  if (name === 'setParameter') {
    const key = first === undefined ? null : draft.scope.constantOf(first)?.value
    if (typeof key === 'string' && second !== undefined) {
      found.set(key, { name: key, value: second, node: second, optional: null, when: [] })
    }
    return
  }
  const given = name === 'setParameters' ? first : call.arguments.at(-1)
  if (given === undefined || (given === first && name !== 'setParameters')) return
  for (const property of draft.scope.objectOf(given)?.properties ?? []) found.set(property.name, property)
}
