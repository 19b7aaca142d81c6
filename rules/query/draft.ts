import type { TSESTree } from '@typescript-eslint/utils'
import type { Provenance } from '../provenance/provenance.ts'
import type {
  Access,
  Block,
  Occurrence,
  OccurrenceId,
  Operand,
  RelationName,
  Span,
  Statement,
} from '../sql/statement.ts'
import type { ExtractionScope } from './library.ts'
import type { Answer, Interpolation, Library, Query } from './query.ts'

/**
 * What a statement made of builder calls collects while it grows: mentions, parameters with their provenance, and the node
 * behind every span. A builder call has no text of its own, so its spans are those of the program's source.
 */
export interface Draft {
  readonly scope: ExtractionScope
  readonly spanOf: (node: TSESTree.Node) => Span
  readonly occurrence: (
    relation: RelationName,
    alias: string | null,
    access: Access,
    node: TSESTree.Node,
  ) => Occurrence
  /** A number for a mention that is no relation: a derived table, or one that raw SQL brings. */
  readonly nextOccurrence: () => OccurrenceId
  readonly value: (node: TSESTree.Node) => Operand
  /** A value with a provenance that the draft's maker knows better than the node tells. */
  readonly parameter: (name: string, provenance: Provenance, node: TSESTree.Node) => Operand
  /** Tells that a parameter is this column of the row which the first query of the call writes. */
  readonly rowKey: (operand: Operand, column: string) => void
  /** This column of the row that an expression stands for. */
  readonly member: (node: TSESTree.Node, column: string) => Operand
  readonly interpolate: (interpolation: Interpolation) => void
  readonly finish: (
    library: Library,
    node: TSESTree.Node,
    client: string,
    block: Block,
    answer: Answer,
  ) => Query
}

/** The same draft for text that stands where it cannot change which rows are touched: in a SELECT list, behind ORDER BY. */
export const widensNothing = (draft: Draft): Draft => ({
  ...draft,
  interpolate: (interpolation) => draft.interpolate({ ...interpolation, widens: false }),
})

/** A sub-query in a text has a condition of its own, which what is pasted in may widen. */
export const holdsSubquery = (text: string): boolean => /\b(?:select|from)\b/i.test(text)

/** Long interpolations would drown a message; their beginning names them well enough. */
const nameLength = 60

export function startDraft(scope: ExtractionScope): Draft {
  const nodes = new Map<string, TSESTree.Node>()
  const parameters: Statement['parameters'][number][] = []
  const origins: (() => Provenance)[] = []
  const sources: (TSESTree.Node | null)[] = []
  const interpolations: Interpolation[] = []
  const rowKeys = new Map<number, string>()
  const members = new Map<number, string>()
  let occurrences = 0
  const spanOf = (node: TSESTree.Node): Span => {
    const [start, end] = node.range
    nodes.set(`${start}:${end}`, node)
    return { start, end }
  }
  const add = (
    name: string,
    origin: () => Provenance,
    node: TSESTree.Node,
    source: TSESTree.Node | null,
  ): Operand => {
    const span = spanOf(node)
    parameters.push({ name: name.replace(/\s+/g, ' ').slice(0, nameLength), span })
    origins.push(origin)
    sources.push(source)
    return { kind: 'parameter', index: parameters.length - 1, span }
  }
  return {
    scope,
    spanOf,
    occurrence: (relation, alias, access, node) => ({
      kind: 'relation',
      id: occurrences++,
      relation,
      alias,
      access,
      span: spanOf(node),
    }),
    nextOccurrence: () => occurrences++,
    value: (node) => {
      const constant = scope.constantOf(node)
      if (constant !== null) return { kind: 'literal', value: constant.value, span: spanOf(node) }
      return add(scope.sourceCode.getText(node), () => scope.provenanceOf(node), node, node)
    },
    parameter: (name, provenance, node) => add(name, () => provenance, node, null),
    rowKey: (operand, column) => {
      if (operand.kind === 'parameter') rowKeys.set(operand.index, column)
    },
    member: (node, column) => {
      const name = `${scope.sourceCode.getText(node)}.${column}`
      const operand = add(name, () => ({ ...scope.provenanceOf(node), nullable: false }), node, node)
      if (operand.kind === 'parameter') members.set(operand.index, column)
      return operand
    },
    interpolate: (interpolation) => interpolations.push(interpolation),
    finish: (library, node, client, block, answer) => {
      let values: readonly Provenance[] | null = null
      return {
        kind: 'query',
        library,
        node,
        statement: { block, parameters },
        // Where a value comes from may lead to the rows of other queries, which are read by then.
        get values() {
          return (values ??= origins.map((origin) => origin()))
        },
        sources,
        rowKeys,
        members,
        interpolations,
        nodeOf: (span) => (span === null ? node : (nodes.get(`${span.start}:${span.end}`) ?? node)),
        client,
        answer,
      }
    },
  }
}
