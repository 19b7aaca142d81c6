import type { TSESTree } from '@typescript-eslint/utils'
import { unwrap } from '../../../source/children.ts'
import type { Operand } from '../../../sql/statement.ts'
import { fragmentOperand } from '../../fragment.ts'
import { bindColumn } from '../../naming.ts'
import type { Environment } from './chain.ts'
import { possible, subqueriesOf, textOf, type Conversion, type Level, type Placed } from './conversion.ts'
import { partIn, partMethod, rawTexts } from './raw.ts'

/** Whether a bare string is a column (`where('id', …)`) or a value (`where(…, 'open')`). */
export type Reading = 'reference' | 'value'

export function operandOf(
  node: TSESTree.Node,
  environment: Environment,
  level: Level,
  conversion: Conversion,
  reading: Reading,
): Operand {
  const placed = possible(node, environment, conversion)
  const operands = placed.map((one) => single(one, level, conversion, reading))
  if (operands.length === 1) return operands[0]!
  // One of several values at run time: a plain value when none of them speaks of columns.
  if (operands.every(({ kind }) => kind === 'parameter' || kind === 'literal')) {
    return conversion.draft.value(node)
  }
  return opaque('one of several expressions', operands, node, conversion)
}

function single(placed: Placed, level: Level, conversion: Conversion, reading: Reading): Operand {
  const { draft } = conversion
  const { node, environment } = placed
  const part = partIn(node, draft.scope)
  if (part !== null) return partOperand(part, environment, level, conversion)
  if (reading === 'reference') {
    const name = draft.scope.constantOf(node)?.value
    return typeof name === 'string'
      ? reference(name, node, level, conversion)
      : opaque('a column that is chosen at run time', [], node, conversion)
  }
  const blocks =
    node.type === 'CallExpression' || node.type === 'Identifier'
      ? subqueriesOf(placed, level, conversion)
      : null
  if (blocks !== null) {
    const queries = blocks.map((block): Operand => ({ kind: 'subquery', block, span: draft.spanOf(node) }))
    return queries.length === 1 ? queries[0]! : opaque('one of several queries', queries, node, conversion)
  }
  return draft.value(node)
}

function partOperand(
  part: TSESTree.CallExpression,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): Operand {
  const { draft } = conversion
  conversion.consumed.add(part)
  if (partMethod(part, draft.scope) === 'raw') {
    const texts = rawTexts(part.arguments, environment, conversion)
    return fragmentOperand(texts, part, level.naming, draft)
  }
  const name = textOf(part.arguments[0], environment, conversion)
  return name === null
    ? opaque('a column that is chosen at run time', [], part, conversion)
    : reference(name, part, level, conversion)
}

/** A column as a string: `p.id`, `id as project_id`. */
export function reference(text: string, node: TSESTree.Node, level: Level, conversion: Conversion): Operand {
  const name = text.split(/\s+as\s+/i)[0]!.trim()
  return bindColumn(name, level.naming, conversion.draft.scope.tenancy, conversion.draft.spanOf(node))
}

export function opaque(
  reason: string,
  mentions: readonly Operand[],
  node: TSESTree.Node,
  conversion: Conversion,
): Operand {
  return { kind: 'opaque', reason, mentions, span: conversion.draft.spanOf(unwrap(node)) }
}
