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
      return variable === null ? null : bindingOfVariable(variable)
    },
  }
}

/** The variable that an identifier means, null for undeclared names. */
export function variableOf(
  sourceCode: TSESLint.SourceCode,
  identifier: TSESTree.Node & { readonly name: string },
): TSESLint.Scope.Variable | null {
  let scope: TSESLint.Scope.Scope | null = sourceCode.getScope?.(identifier) ?? null
  for (; scope !== null; scope = scope.upper) {
    const variable = scope.set.get(identifier.name)
    if (variable !== undefined) return variable
  }
  return null
}

/** A variable that is written only where it is declared. */
export function isConstant(
  sourceCode: TSESLint.SourceCode,
  identifier: TSESTree.Node & { readonly name: string },
): boolean {
  const variable = variableOf(sourceCode, identifier)
  return variable !== null && variable.references.every((one) => !one.isWrite() || one.init === true)
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
  return {
    filename,
    program,
    text,
    bindingOf: (identifier) => {
      let node: TSESTree.Node | undefined = identifier.parent
      for (; node != null; node = node.parent) {
        const binding = bindingAt(node, identifier.name)
        if (binding !== null) return binding
      }
      return null
    },
  }
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
