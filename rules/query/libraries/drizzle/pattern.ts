import type { TSESTree } from '@typescript-eslint/utils'
import { keyName } from '../../../source/binding.ts'
import type { Bound } from './environment.ts'

/** Tells what each name of a parameter stands for; undefined where that is not known. */
export function enterPattern(
  parameter: TSESTree.Node,
  value: Bound | undefined,
  tell: (name: string, bound: Bound | undefined) => void,
): void {
  const pattern = parameter.type === 'AssignmentPattern' ? parameter.left : parameter
  if (pattern.type === 'Identifier') tell(pattern.name, value)
  if (pattern.type !== 'ObjectPattern') return
  for (const property of pattern.properties) {
    if (property.type !== 'Property') continue
    const name = keyName(property.key, property.computed)
    enterPattern(
      property.value,
      name === null || value === undefined ? undefined : memberOf(value, name),
      tell,
    )
  }
}

function memberOf(value: Bound, name: string): Bound | undefined {
  if (value.kind === 'operators') return { kind: 'operator', name }
  if (value.kind !== 'argument' || value.node.type !== 'ObjectExpression') return undefined
  for (const property of value.node.properties) {
    if (property.type === 'Property' && keyName(property.key, property.computed) === name) {
      return { kind: 'argument', node: property.value, environment: value.environment }
    }
  }
  return undefined
}
