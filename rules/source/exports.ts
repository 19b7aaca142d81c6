import type { TSESTree } from '@typescript-eslint/utils'
import { keyName, memberName } from './binding.ts'
import type { SourceModule } from './module.ts'

/** Where an export of a module comes from. */
export type Exported =
  | { readonly kind: 'node'; readonly node: TSESTree.Node }
  /** A member of `module.exports = node`. */
  | { readonly kind: 'member'; readonly node: TSESTree.Node; readonly name: string }
  | { readonly kind: 'reexport'; readonly specifier: string; readonly name: string }
  /** Not exported by name; perhaps by one of these `export *`. */
  | { readonly kind: 'stars'; readonly specifiers: readonly string[] }

/** Finds an export by name (`default`, `*` for what `require` returns), in ES modules and CommonJS. */
export function exportedNode(module: Pick<SourceModule, 'program'>, name: string): Exported {
  const stars: string[] = []
  let whole: TSESTree.Node | null = null
  for (const statement of module.program.body) {
    const found = inStatement(statement, name)
    if (found !== null) return found
    if (statement.type === 'ExportAllDeclaration' && statement.exported === null) {
      stars.push(statement.source.value)
    }
    const assignment = commonJsExport(statement)
    if (assignment === null) continue
    if (assignment.name === name) return { kind: 'node', node: assignment.value }
    if (assignment.name === null) whole = assignment.value
  }
  if (whole !== null) {
    return name === '*' || name === 'default'
      ? { kind: 'node', node: whole }
      : { kind: 'member', node: whole, name }
  }
  return { kind: 'stars', specifiers: name === '*' ? [] : stars }
}

function inStatement(statement: TSESTree.ProgramStatement, name: string): Exported | null {
  if (statement.type === 'ExportDefaultDeclaration') {
    return name === 'default' ? { kind: 'node', node: statement.declaration } : null
  }
  if (statement.type === 'ExportAllDeclaration' && statement.exported !== null) {
    return nameOf(statement.exported) === name
      ? { kind: 'reexport', specifier: statement.source.value, name: '*' }
      : null
  }
  if (statement.type !== 'ExportNamedDeclaration') return null
  for (const specifier of statement.specifiers) {
    if (nameOf(specifier.exported) !== name) continue
    return statement.source === null
      ? { kind: 'node', node: specifier.local }
      : { kind: 'reexport', specifier: statement.source.value, name: nameOf(specifier.local) }
  }
  return statement.declaration === null ? null : inDeclaration(statement.declaration, name)
}

function inDeclaration(declaration: TSESTree.NamedExportDeclarations, name: string): Exported | null {
  if (declaration.type !== 'VariableDeclaration') {
    const id = 'id' in declaration ? declaration.id : null
    return id?.type === 'Identifier' && id.name === name ? { kind: 'node', node: id } : null
  }
  for (const { id } of declaration.declarations) {
    if (id.type === 'Identifier' && id.name === name) return { kind: 'node', node: id }
    if (id.type !== 'ObjectPattern') continue
    for (const property of id.properties) {
      if (
        property.type === 'Property' &&
        property.value.type === 'Identifier' &&
        property.value.name === name
      ) {
        return { kind: 'node', node: property.value }
      }
    }
  }
  return null
}

function nameOf(node: TSESTree.Identifier | TSESTree.StringLiteral): string {
  return node.type === 'Identifier' ? node.name : node.value
}

/** `module.exports = value` (name null), `exports.name = value`, `module.exports.name = value`. */
function commonJsExport(
  statement: TSESTree.ProgramStatement,
): { readonly name: string | null; readonly value: TSESTree.Node } | null {
  if (statement.type !== 'ExpressionStatement') return null
  const { expression } = statement
  if (expression.type !== 'AssignmentExpression' || expression.left.type !== 'MemberExpression') return null
  const { left, right } = expression
  const value = right.type === 'AssignmentExpression' ? right.right : right
  if (isExportsObject(left)) return { name: null, value }
  const name = memberName(left)
  return name !== null && isExportsObject(left.object) ? { name, value } : null
}

function isExportsObject(node: TSESTree.Node): boolean {
  if (node.type === 'Identifier') return node.name === 'exports'
  return (
    node.type === 'MemberExpression' &&
    node.object.type === 'Identifier' &&
    node.object.name === 'module' &&
    keyName(node.property, node.computed) === 'exports'
  )
}
