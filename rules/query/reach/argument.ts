import type { TSESTree } from '@typescript-eslint/utils'
import type { Binding } from '../../source/binding.ts'
import type { QueryContext } from '../context.ts'
import { attributeOf, type CallLike } from './calls.ts'

/** A parameter of a function, or a member of it, in the file of the function. */
export interface ParameterPlace {
  readonly binding: Extract<Binding, { kind: 'parameter' }>
  readonly path: readonly string[]
}

/** What a call hands to a parameter: expressions that may each be it, and the members that are left to look at. */
export interface Argument {
  readonly nodes: readonly TSESTree.Node[]
  readonly members: readonly string[]
  /** It is one expression, not something spread into an object. */
  readonly isWhole: boolean
}

/** Null: nothing is handed there. */
export function argumentOf(
  call: CallLike,
  { binding, path }: ParameterPlace,
  { scope }: QueryContext,
): Argument | 'spread' | null {
  if (call.type === 'JSXOpeningElement') {
    const [name, ...further] = path
    const value = binding.index === 0 && name !== undefined ? attributeOf(call, name) : null
    return value === null ? null : { nodes: [value], members: further, isWhole: false }
  }
  const spread = call.arguments.findIndex((argument) => argument.type === 'SpreadElement')
  if (spread >= 0 && spread <= binding.index) return 'spread'
  let value: TSESTree.Node | undefined = call.arguments[binding.index]
  let rest = path
  while (value !== undefined && rest.length > 0) {
    const view = scope.objectOf(value)
    if (view === null) break
    const [name, ...further] = rest
    const property = view.properties.findLast((one) => one.name === name)
    if (property === undefined && view.open.length > 0) {
      return { nodes: view.open.map(({ node }) => node), members: rest, isWhole: false }
    }
    value = property?.value
    rest = further
  }
  return value === undefined ? null : { nodes: [value], members: rest, isWhole: true }
}
