import type { TSESTree } from '@typescript-eslint/utils'

export type FunctionNode =
  TSESTree.FunctionDeclaration | TSESTree.FunctionExpression | TSESTree.ArrowFunctionExpression

/** One step of a destructuring pattern: the member it reads. `name` is null for a rest or computed member. */
export interface Step {
  readonly name: string | null
  readonly default: TSESTree.Node | null
  /** It takes what the pattern leaves of the object or array. */
  readonly rest?: true
}

/** How a name came to have its meaning. */
export type Binding =
  /** `name` is the exported name, `default` or `*`. */
  | { readonly kind: 'import'; readonly specifier: string; readonly name: string }
  | {
      readonly kind: 'variable'
      readonly declarator: TSESTree.VariableDeclarator
      readonly path: readonly Step[]
      readonly constant: boolean
    }
  /** The variable of `for (… of iterable)`. */
  | { readonly kind: 'element'; readonly iterable: TSESTree.Node; readonly path: readonly Step[] }
  | {
      readonly kind: 'parameter'
      readonly function: FunctionNode
      readonly index: number
      readonly pattern: TSESTree.Parameter
      readonly path: readonly Step[]
      readonly default: TSESTree.Node | null
    }
  /** Function, class, interface, type alias, enum. */
  | { readonly kind: 'declaration'; readonly node: TSESTree.Node }
  | { readonly kind: 'other' }

export function isFunction(node: TSESTree.Node | null | undefined): node is FunctionNode {
  return (
    node?.type === 'FunctionDeclaration' ||
    node?.type === 'FunctionExpression' ||
    node?.type === 'ArrowFunctionExpression'
  )
}

/** Name of a non-computed (or literal) property key. */
export function keyName(node: TSESTree.Node, computed: boolean): string | null {
  if (node.type === 'Literal') return String(node.value)
  if (node.type === 'PrivateIdentifier') return `#${node.name}`
  return !computed && node.type === 'Identifier' ? node.name : null
}

/** Name of the member that `a.b`, `a['b']` or `a[0]` reads. */
export function memberName(node: TSESTree.MemberExpression): string | null {
  return keyName(node.property, node.computed)
}

interface Place {
  readonly steps: readonly Step[]
  readonly default: TSESTree.Node | null
}

/** Where in a destructuring pattern a name stands. */
export function placeInPattern(pattern: TSESTree.Node, name: string): Place | null {
  switch (pattern.type) {
    case 'Identifier':
      return pattern.name === name ? { steps: [], default: null } : null
    case 'AssignmentPattern': {
      const place = placeInPattern(pattern.left, name)
      return place && place.steps.length === 0 ? { ...place, default: pattern.right } : place
    }
    case 'TSParameterProperty':
      return placeInPattern(pattern.parameter, name)
    case 'RestElement': {
      const place = placeInPattern(pattern.argument, name)
      return place && { ...place, steps: [{ name: null, default: null, rest: true }, ...place.steps] }
    }
    case 'ObjectPattern':
      return firstPlace(pattern.properties, name, (property) =>
        property.type === 'Property'
          ? [keyName(property.key, property.computed), property.value]
          : [undefined, property],
      )
    case 'ArrayPattern':
      return firstPlace(pattern.elements, name, (element, index) =>
        element?.type === 'RestElement' ? [undefined, element] : [String(index), element],
      )
    default:
      return null
  }
}

function firstPlace<T>(
  parts: readonly T[],
  name: string,
  open: (part: T, index: number) => [key: string | null | undefined, pattern: TSESTree.Node | null],
): Place | null {
  for (const [index, part] of parts.entries()) {
    const [key, pattern] = open(part, index)
    const place = pattern === null ? null : placeInPattern(pattern, name)
    if (place === null) continue
    if (key === undefined) return place
    return { steps: [{ name: key, default: place.default }, ...place.steps], default: place.default }
  }
  return null
}

export function bindingOfImport(
  specifier: TSESTree.ImportClause,
  declaration: TSESTree.ImportDeclaration,
): Binding {
  const name =
    specifier.type === 'ImportDefaultSpecifier'
      ? 'default'
      : specifier.type === 'ImportNamespaceSpecifier'
        ? '*'
        : specifier.imported.type === 'Identifier'
          ? specifier.imported.name
          : specifier.imported.value
  return { kind: 'import', specifier: declaration.source.value, name }
}

export function bindingOfDeclarator(declarator: TSESTree.VariableDeclarator, name: string): Binding | null {
  const place = placeInPattern(declarator.id, name)
  if (place === null) return null
  const declaration = declarator.parent as TSESTree.VariableDeclaration
  const loop = declaration.parent as TSESTree.Node | undefined
  if (loop?.type === 'ForOfStatement' && loop.left === declaration) {
    return { kind: 'element', iterable: loop.right, path: place.steps }
  }
  return { kind: 'variable', declarator, path: place.steps, constant: declaration.kind === 'const' }
}

export function bindingOfParameter(owner: FunctionNode, name: string): Binding | null {
  for (const [index, pattern] of owner.params.entries()) {
    const place = placeInPattern(pattern, name)
    if (place === null) continue
    return {
      kind: 'parameter',
      function: owner,
      index,
      pattern,
      path: place.steps,
      default: place.default,
    }
  }
  return null
}

/** The type annotation on a pattern, through defaults and parameter properties. */
export function annotationOf(pattern: TSESTree.Node): TSESTree.TypeNode | null {
  if (pattern.type === 'AssignmentPattern') return annotationOf(pattern.left)
  if (pattern.type === 'TSParameterProperty') return annotationOf(pattern.parameter)
  return 'typeAnnotation' in pattern && pattern.typeAnnotation?.type === 'TSTypeAnnotation'
    ? pattern.typeAnnotation.typeAnnotation
    : null
}
