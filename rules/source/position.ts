import type { TSESTree } from '@typescript-eslint/utils'

/** The line, from 1, that a node begins in: files that are read on the side carry no positions but ranges. */
export function lineOf(node: TSESTree.Node, text: string): number {
  let line = 1
  for (let at = text.indexOf('\n'); at >= 0 && at < node.range[0]; at = text.indexOf('\n', at + 1)) line += 1
  return line
}
