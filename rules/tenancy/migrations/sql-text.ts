import type { TSESTree } from '@typescript-eslint/utils'
import { childrenOf } from '../../source/children.ts'
import { keyName } from '../../source/binding.ts'
import { lineOf } from '../../source/position.ts'
import type { Follower, Term } from '../../source/term.ts'
import type { Chain } from './chain.ts'
import type { Migration } from './migration.ts'
import { otherDatabase, type Tool } from './walk.ts'

/** Stands for a value that is pasted into the text, until it is known that no name depends on it. */
const hole = '__pasted__'

/** SQL that makes or changes tables, as its first statement or after comments, settings and the beginning of a transaction. */
const definition =
  /^(?:\s|;|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/|(?:begin|start\s+transaction|set)\b[^;]*;)*(?:create|alter|drop)\s+(?:or\s+replace\s+|unlogged\s+|unique\s+|materialized\s+)*(?:table|view|schema|policy|index|extension|type|function)\b/i

/** Names of what is run to go back. */
const backwards = /^(?:down|rollback|revert|undo)|(?:down|rollback)$/i

const isElsewhereName = (name: string): boolean => backwards.test(name) || otherDatabase.test(name)

/** SQL text that a migration hands to whatever runs it: `pgm.sql('…')`, `queryRunner.query('…')`, `this.addSql('…')`, ``sql`…` ``. */
export class SqlTextTool implements Tool {
  readonly #migration: Migration

  constructor(migration: Migration) {
    this.#migration = migration
  }

  take({ links, root }: Chain): boolean {
    // ``sql`…`.execute(db)``: the text is what the chain begins with.
    if (root.node.type === 'TaggedTemplateExpression') {
      this.template(root)
      return true
    }
    const taken = links.flatMap((link) => (link.arguments ?? []).filter((one) => this.add(one)))
    return taken.length > 0
  }

  template({ node, ...rest }: Term): void {
    if (node.type === 'TaggedTemplateExpression') this.add({ ...rest, node: node.quasi })
  }

  /** Writes the text down. @returns false when it is not SQL that shapes tables */
  add(term: Term): boolean {
    const at = this.#migration.follower.follow(term)
    const text = patched(at, this.#migration.follower)
    if (text === null || !definition.test(text)) return false
    const line = lineOf(at.node, at.module.text)
    const known = withoutPastedSchema(text)
    if (known === null) this.#migration.unread(line, 'SQL on a table whose name is not constant')
    else this.#migration.script.add(Math.max(line, 1), known)
    return true
  }
}

/** Every text of a file that makes or changes tables, in source order; of a file that runs them at its start or exports them. */
export function textsOf(module: Term['module'], follower: Follower): readonly Term[] {
  const found: Term[] = []
  const visit = (node: TSESTree.Node): void => {
    if (isElsewhere(node)) return
    if (node.type === 'Literal' || node.type === 'TemplateLiteral' || node.type === 'BinaryExpression') {
      const term = follower.term(node, module)
      const text = patched(term, follower)
      if (text !== null && definition.test(text)) found.push(term)
      if (node.type !== 'BinaryExpression' || text !== null) return
    }
    for (const child of childrenOf(node)) visit(child)
  }
  visit(module.program)
  return found
}

/** A function, variable or property whose name says that it goes back or serves another database. */
function isElsewhere(node: TSESTree.Node): boolean {
  switch (node.type) {
    case 'FunctionDeclaration':
      return node.id !== null && isElsewhereName(node.id.name)
    case 'VariableDeclarator':
      return node.id.type === 'Identifier' && isElsewhereName(node.id.name)
    case 'Property':
    case 'PropertyDefinition':
    case 'MethodDefinition':
      return isElsewhereName(keyName(node.key, node.computed) ?? '')
    case 'AssignmentExpression':
      return (
        node.left.type === 'MemberExpression' &&
        isElsewhereName(keyName(node.left.property, node.left.computed) ?? '')
      )
    default:
      return false
  }
}

/** Constant text, holes where something that is not constant is pasted in; null for what is no text at all. */
function patched(term: Term, follower: Follower): string | null {
  const at = follower.follow(term)
  const { node } = at
  const inner = (part: TSESTree.Node) => patched({ ...at, node: part }, follower) ?? hole
  switch (node.type) {
    case 'Literal':
      return typeof node.value === 'string' ? node.value : null
    case 'TemplateLiteral':
      return node.quasis
        .map(({ value }, index) => {
          const pasted = node.expressions[index]
          return (value.cooked ?? value.raw) + (pasted === undefined ? '' : inner(pasted))
        })
        .join('')
    case 'BinaryExpression': {
      if (node.operator !== '+') return null
      const [left, right] = [follower.follow({ ...at, node: node.left }), { ...at, node: node.right }]
      const [first, second] = [patched(left, follower), patched(right, follower)]
      return first === null && second === null ? null : (first ?? hole) + (second ?? hole)
    }
    default:
      return null
  }
}

/**
 * A schema that is pasted in is the same table once for every tenant, or wherever the product is installed: the table is named
 * without it. Null when the name of a table is pasted itself.
 */
function withoutPastedSchema(text: string): string | null {
  const bare = text.replace(new RegExp(`"?${hole}"?\\s*\\.\\s*`, 'g'), '')
  const named = new RegExp(
    `\\b(?:table|view|references|on|into|update|from|join|schema|exists|only)\\s+"?[\\w.]*${hole}`,
    'i',
  )
  return named.test(bare) ? null : bare
}
