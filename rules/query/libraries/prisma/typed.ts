import { readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../../../source/binding.ts'
import { unwrap } from '../../../source/children.ts'
import type { ExtractionScope } from '../../library.ts'
import type { QueryOrOpaque } from '../../query.ts'
import { queriesOf, sqlTextOf } from '../../sql-text.ts'

/** Folders that hold TypedSQL, seen from a folder above the program: with and without a schema of several files. */
const homes = ['prisma/sql', 'sql', 'prisma/schema/sql']

/** TypedSQL: the text of `$queryRawTyped(getCourses(id))` stands in `prisma/sql/getCourses.sql`. Null: no such call. */
export function typedQueries(
  node: TSESTree.CallExpression,
  scope: ExtractionScope,
): readonly QueryOrOpaque[] | null {
  const callee = unwrap(node.callee)
  if (callee.type !== 'MemberExpression' || memberName(callee) !== '$queryRawTyped') return null
  const [first] = node.arguments
  const call = first === undefined ? null : unwrap(scope.resolve(unwrap(first)))
  const name = call?.type === 'CallExpression' ? nameOf(call.callee, scope) : null
  const text = name === null ? null : textOf(name, scope.filename)
  if (call?.type !== 'CallExpression' || text === null) {
    const reason = 'the file with its SQL text is not in sight'
    return [{ kind: 'opaque', library: 'prisma', node, reason, interpolations: [] }]
  }
  const sourceOf = (index: number): TSESTree.Node | null => call.arguments[index - 1] ?? null
  return queriesOf(
    sqlTextOf([{ kind: 'text', text, node, offset: null }]),
    {
      library: 'prisma',
      node,
      client: scope.pathOf(callee.object),
      answer: { shape: 'rows', throws: false },
      sourceOf,
      valueOf: (index) => {
        const source = sourceOf(index)
        return source === null || source.type === 'SpreadElement'
          ? { kind: 'unknown', path: `$${index}`, nullable: true }
          : scope.provenanceOf(source)
      },
    },
    scope,
  )
}

/** The generated function is named after the file, whatever the importing file calls it. */
function nameOf(callee: TSESTree.Node, scope: ExtractionScope): string | null {
  const node = unwrap(callee)
  if (node.type === 'MemberExpression') return memberName(node)
  const definition = scope.definitionOf(node)
  if (definition.kind === 'import' || definition.kind === 'member') return definition.name
  return null
}

function textOf(name: string, filename: string): string | null {
  if (!/^[\w$]+$/.test(name)) return null
  for (let folder = dirname(filename); ; folder = dirname(folder)) {
    for (const home of homes) {
      const path = join(folder, home, `${name}.sql`)
      if (statSync(path, { throwIfNoEntry: false })?.isFile() === true) return readFileSync(path, 'utf8')
    }
    if (folder === dirname(folder)) return null
  }
}
