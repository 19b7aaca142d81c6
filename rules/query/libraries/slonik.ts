import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../../source/binding.ts'
import { unwrap } from '../../source/children.ts'
import type { ExtractionScope, LibraryExtractor } from '../library.ts'
import type { Answer, QueryOrOpaque } from '../query.ts'
import { holePart, quotedName, separated, textPart, type TagDialect } from '../tagged.ts'
import { taggedQueries } from '../tagged-statement.ts'
import type { TextPart } from '../text.ts'
import { helperOf, isTemplate, mayBePool } from './slonik/receiver.ts'

/** What each method of a pool or connection gives. A value of one column is no row. */
const answers: Readonly<Record<string, Answer>> = {
  query: { shape: 'result', throws: false },
  one: { shape: 'row', throws: true },
  maybeOne: { shape: 'row', throws: false },
  any: { shape: 'rows', throws: false },
  many: { shape: 'rows', throws: true },
  oneFirst: { shape: 'none', throws: true },
  maybeOneFirst: { shape: 'none', throws: false },
  anyFirst: { shape: 'none', throws: false },
  manyFirst: { shape: 'none', throws: true },
  exists: { shape: 'none', throws: false },
  stream: { shape: 'none', throws: false },
}

/** Slonik: a method of a pool, connection or transaction that is given a template of its `sql`. */
export const slonik: LibraryExtractor = {
  name: 'slonik',
  reentrant: true,
  mentions: (text) => /['"]slonik(\/[^'"]*)?['"]|\bsql\b[\w.()<>\s]*`/.test(text),
  extract: (node, scope) => {
    if (node.type !== 'CallExpression') return null
    const callee = unwrap(node.callee)
    const method = callee.type === 'MemberExpression' ? (memberName(callee) ?? '') : ''
    const [first] = node.arguments
    if (callee.type !== 'MemberExpression' || first === undefined || !Object.hasOwn(answers, method))
      return null
    const template = unwrap(scope.resolve(first))
    if (template.type !== 'TaggedTemplateExpression' || !isTemplate(template, scope)) return null
    if (!mayBePool(scope.definitionOf(callee.object))) return null
    return statement(node, template, scope.pathOf(callee.object), answers[method]!, scope)
  },
}

function statement(
  node: TSESTree.CallExpression,
  template: TSESTree.TaggedTemplateExpression,
  client: string,
  answer: Answer,
  scope: ExtractionScope,
): readonly QueryOrOpaque[] {
  return taggedQueries({ library: 'slonik', node, template, client, answer }, dialectOf(scope), scope)
}

function dialectOf(scope: ExtractionScope): TagDialect {
  return {
    isTemplate: (node) => isTemplate(node, scope),
    helper: (node, _, compose) => {
      const name = helperOf(node, scope)
      const [first, second] = node.arguments
      return name === null || first === undefined
        ? null
        : helperText(name, node, first, second, compose, scope)
    },
  }
}

function helperText(
  name: string,
  node: TSESTree.CallExpression,
  first: TSESTree.Node,
  second: TSESTree.Node | undefined,
  compose: (node: TSESTree.Node) => TextPart[],
  scope: ExtractionScope,
): TextPart[] | null {
  switch (name) {
    case 'identifier': {
      const names = scope.arrayOf(first)?.elements.map(({ value }) => scope.constantOf(value)?.value) ?? []
      const seen = names.length > 0 && names.every((one) => typeof one === 'string')
      return seen ? [textPart(names.map((one) => quotedName(String(one))).join('.'), node)] : [holePart(node)]
    }
    case 'join': {
      const array = scope.arrayOf(first)
      const sure =
        array !== null && array.open.length === 0 && array.elements.every(({ optional }) => optional === null)
      if (!sure || second === undefined) return [holePart(node)]
      const between = compose(second)
      return array.elements.flatMap(({ value }, index) => [
        ...(index === 0 ? [] : between),
        ...compose(value),
      ])
    }
    case 'unnest': {
      // Columns of tuples: what a column holds is known only as a whole.
      const types = second === undefined ? null : scope.arrayOf(second)
      const count = types === null || types.open.length > 0 ? 1 : types.elements.length
      const columns = Array.from({ length: count }, () => [holePart(first)])
      return [textPart('unnest(', node), ...separated(columns, ', ', node), textPart(')', node)]
    }
    case 'array':
    case 'json':
    case 'jsonb':
    case 'binary':
    case 'date':
    case 'timestamp':
    case 'interval':
    case 'uuid':
      return [holePart(first)]
    default:
      return null
  }
}
