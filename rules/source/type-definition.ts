import type { TSESTree } from '@typescript-eslint/utils'
import type { Definition } from './definition.ts'
import type { SourceModule } from './module.ts'

/** What types need of the resolution of expressions. */
interface ExpressionDefiner {
  readonly define: (node: TSESTree.Node, module: SourceModule) => Definition
  readonly member: (object: Definition, name: string) => Definition
  readonly imported: (specifier: string, name: string, from: string) => Definition
  readonly result: (callee: Extract<Definition, { kind: 'function' }>) => Definition | null
}

const wrappers = new Set([
  'Promise',
  'Awaited',
  'Readonly',
  'Partial',
  'Required',
  'Pick',
  'Omit',
  'NonNullable',
])

/** Resolves type annotations to what they stand for. */
export class TypeReader {
  readonly #definer: ExpressionDefiner

  constructor(definer: ExpressionDefiner) {
    this.#definer = definer
  }

  /** Something whose declared type this is. */
  typed(annotation: TSESTree.TypeNode, module: SourceModule): Definition {
    const type = this.type(annotation, module)
    if (type.kind === 'unknown') return type
    if (annotation.type === 'TSTypeQuery' || type.kind === 'typed') return type
    return { kind: 'typed', type, annotation, module: module.filename }
  }

  /** What a type stands for: a class, interface or import; `Promise<T>`, `T | null`, `Pick<T, …>` count as `T`. */
  type(annotation: TSESTree.TypeNode, module: SourceModule): Definition {
    switch (annotation.type) {
      case 'TSTypeReference': {
        const { typeName, typeArguments } = annotation
        if (typeName.type === 'Identifier' && wrappers.has(typeName.name)) {
          const inner = typeArguments?.params[0]
          return inner === undefined ? unknown(annotation, module) : this.type(inner, module)
        }
        if (typeName.type === 'Identifier' && typeName.name === 'ReturnType') {
          const inner = typeArguments?.params[0]
          const callee = inner === undefined ? null : this.type(inner, module)
          const result = callee?.kind === 'function' ? this.#definer.result(callee) : null
          return result ?? unknown(annotation, module)
        }
        return this.#typeName(typeName, module)
      }
      case 'TSTypeQuery':
        return annotation.exprName.type === 'TSImportType'
          ? unknown(annotation, module)
          : this.#typeName(annotation.exprName, module)
      case 'TSImportType': {
        const { qualifier } = annotation
        if (qualifier?.type !== 'Identifier') return unknown(annotation, module)
        return this.#definer.imported(annotation.source.value, qualifier.name, module.filename)
      }
      case 'TSUnionType':
      case 'TSIntersectionType': {
        const types = annotation.types.map((type) => this.type(type, module))
        return types.find(isTelling) ?? unknown(annotation, module)
      }
      case 'TSTypeLiteral':
        return { kind: 'class', node: annotation, module: module.filename, extends: null }
      default:
        return unknown(annotation, module)
    }
  }

  #typeName(name: TSESTree.EntityName, module: SourceModule): Definition {
    if (name.type === 'TSQualifiedName')
      return this.#definer.member(this.#typeName(name.left, module), name.right.name)
    return name.type === 'Identifier' ? this.#definer.define(name, module) : unknown(name, module)
  }
}

export function unknown(node: TSESTree.Node, module: SourceModule): Definition {
  return { kind: 'unknown', text: module.text.slice(node.range[0], node.range[1]) }
}

/** Does the definition say more than a name? */
export function isTelling(definition: Definition): boolean {
  switch (definition.kind) {
    case 'unknown':
    case 'parameter':
      return false
    case 'value':
      return definition.node.type === 'ObjectExpression'
    case 'member':
      return isTelling(definition.object)
    default:
      return true
  }
}
