import type { TSESLint, TSESTree } from '@typescript-eslint/utils'
import {
  type Binding,
  bindingOfDeclarator,
  bindingOfImport,
  bindingOfParameter,
  isFunction,
} from './binding.ts'

/** One source file with a way to look names up: the file being linted, or a local module that it imports. */
export interface SourceModule {
  readonly filename: string
  readonly program: TSESTree.Program
  readonly text: string
  /** Null for globals and undeclared names. */
  readonly bindingOf: (identifier: TSESTree.Node & { readonly name: string }) => Binding | null
}

/** The linted file: names are looked up in ESLint's scopes. */
export function linted(sourceCode: TSESLint.SourceCode, filename: string): SourceModule {
  return {
    filename,
    program: sourceCode.ast,
    text: sourceCode.text,
    bindingOf: (identifier) => {
      const variable = variableOf(sourceCode, identifier)
      return variable === null ? null : bindingIn(sourceCode, variable)
    },
  }
}

/** What was found out about the names of a file: every question about a value begins with what its names mean. */
interface Names {
  readonly variables: Map<TSESTree.Node, TSESLint.Scope.Variable | null>
  readonly constants: Map<TSESLint.Scope.Variable, boolean>
  readonly bindings: Map<TSESLint.Scope.Variable, Binding | null>
}

/** By the tree: oxlint has one `SourceCode` for all files. */
const known = new WeakMap<TSESTree.Program, Names>()

function namesIn({ ast }: TSESLint.SourceCode): Names {
  const before = known.get(ast)
  if (before !== undefined) return before
  const names: Names = { variables: new Map(), constants: new Map(), bindings: new Map() }
  known.set(ast, names)
  return names
}

/** The variable that an identifier means, null for undeclared names. */
export function variableOf(
  sourceCode: TSESLint.SourceCode,
  identifier: TSESTree.Node & { readonly name: string },
): TSESLint.Scope.Variable | null {
  const { variables } = namesIn(sourceCode)
  const before = variables.get(identifier)
  if (before !== undefined) return before
  let scope: TSESLint.Scope.Scope | null = sourceCode.getScope?.(identifier) ?? null
  let found: TSESLint.Scope.Variable | null = null
  for (; scope !== null && found === null; scope = scope.upper) found = scope.set.get(identifier.name) ?? null
  variables.set(identifier, found)
  return found
}

/** A variable that is written only where it is declared. */
export function isConstant(
  sourceCode: TSESLint.SourceCode,
  identifier: TSESTree.Node & { readonly name: string },
): boolean {
  const variable = variableOf(sourceCode, identifier)
  if (variable === null) return false
  const { constants } = namesIn(sourceCode)
  const found =
    constants.get(variable) ?? variable.references.every((one) => !one.isWrite() || one.init === true)
  constants.set(variable, found)
  return found
}

function bindingIn(sourceCode: TSESLint.SourceCode, variable: TSESLint.Scope.Variable): Binding | null {
  const { bindings } = namesIn(sourceCode)
  const before = bindings.get(variable)
  if (before !== undefined) return before
  const found = bindingOfVariable(variable)
  bindings.set(variable, found)
  return found
}

function bindingOfVariable(variable: TSESLint.Scope.Variable): Binding | null {
  const definition = variable.defs[0]
  if (definition === undefined) return null
  const node: TSESTree.Node = definition.node
  switch (node.type) {
    case 'ImportSpecifier':
    case 'ImportDefaultSpecifier':
    case 'ImportNamespaceSpecifier':
      return bindingOfImport(node, node.parent as TSESTree.ImportDeclaration)
    case 'VariableDeclarator':
      return bindingOfDeclarator(node, variable.name)
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return (
        ((definition.type as string) === 'Parameter' ? bindingOfParameter(node, variable.name) : null) ?? {
          kind: 'declaration',
          node,
        }
      )
    case 'ClassDeclaration':
    case 'ClassExpression':
    case 'TSInterfaceDeclaration':
    case 'TSTypeAliasDeclaration':
    case 'TSEnumDeclaration':
      return { kind: 'declaration', node }
    default:
      return { kind: 'other' }
  }
}

/** A file that is read on the side: names are looked up by climbing its tree, for no scope analysis comes with it. */
export function sideModule(filename: string, text: string, program: TSESTree.Program): SourceModule {
  const bindings = new Map<TSESTree.Node, Binding | null>()
  return {
    filename,
    program,
    text,
    bindingOf: (identifier) => {
      const before = bindings.get(identifier)
      if (before !== undefined) return before
      const found = bindingAround(identifier)
      bindings.set(identifier, found)
      return found
    },
  }
}

function bindingAround(identifier: TSESTree.Node & { readonly name: string }): Binding | null {
  for (let node = identifier.parent; node != null; node = node.parent) {
    const binding = bindingAt(node, identifier.name)
    if (binding !== null) return binding
  }
  return null
}

/** The binding of `name` that the scope opened by `node` itself declares. */
function bindingAt(node: TSESTree.Node, name: string): Binding | null {
  if (isFunction(node)) return bindingOfParameter(node, name)
  if (node.type === 'ForOfStatement' && node.left.type === 'VariableDeclaration') {
    return bindingOfDeclarator(node.left.declarations[0]!, name)
  }
  if (node.type !== 'Program' && node.type !== 'BlockStatement') return null
  for (const statement of node.body) {
    const binding = bindingInStatement(statement, name)
    if (binding !== null) return binding
  }
  return null
}

function bindingInStatement(statement: TSESTree.Node, name: string): Binding | null {
  switch (statement.type) {
    case 'ImportDeclaration': {
      const specifier = statement.specifiers.find((one) => one.local.name === name)
      return specifier === undefined ? null : bindingOfImport(specifier, statement)
    }
    case 'ExportNamedDeclaration':
    case 'ExportDefaultDeclaration':
      return statement.declaration === null ? null : bindingInStatement(statement.declaration, name)
    case 'VariableDeclaration':
      for (const declarator of statement.declarations) {
        const binding = bindingOfDeclarator(declarator, name)
        if (binding !== null) return binding
      }
      return null
    case 'FunctionDeclaration':
    case 'ClassDeclaration':
    case 'TSInterfaceDeclaration':
    case 'TSTypeAliasDeclaration':
    case 'TSEnumDeclaration':
      return statement.id?.name === name ? { kind: 'declaration', node: statement } : null
    default:
      return null
  }
}
