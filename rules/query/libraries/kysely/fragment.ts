import type { Condition, Operand } from '../../../sql/statement.ts'
import * as shared from '../../fragment.ts'
import type { Environment } from './chain.ts'
import type { Conversion, Level } from './conversion.ts'
import { fragmentTexts, type FragmentNode } from './fragment-text.ts'

/** `where(sql\`…\`)`: the fragment as a condition on what is visible around it. */
export function fragmentCondition(
  node: FragmentNode,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): Condition {
  const texts = fragmentTexts(node, environment, level, conversion)
  return shared.fragmentCondition(texts, node, level.naming, conversion.draft)
}

/** `select(sql\`…\`.as('x'))`, `where(sql\`…\`, '=', …)`: the fragment as a value. */
export function fragmentOperand(
  node: FragmentNode,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): Operand {
  const texts = fragmentTexts(node, environment, level, conversion)
  return shared.fragmentOperand(texts, node, level.naming, conversion.draft)
}
