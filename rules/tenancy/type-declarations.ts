import type { TSESTree } from '@typescript-eslint/utils'
import { keyName } from '../source/binding.ts'
import { exportedNode } from '../source/exports.ts'
import { loadModule, type Parse, resolveImport } from '../source/graph.ts'
import type { SourceModule } from '../source/module.ts'

/** A type as it is written, and the module in which its names mean something. */
export interface LocatedType {
  readonly node: TSESTree.Node
  readonly module: SourceModule
}

export type TypeDeclaration = LocatedType & {
  readonly node: TSESTree.TSInterfaceDeclaration | TSESTree.TSTypeAliasDeclaration
}

export interface Member {
  readonly name: string
  readonly optional: boolean
  readonly type: LocatedType
  readonly node: TSESTree.Node
}

/** Beyond this, a chain of re-exports and aliases is not followed. */
const depthLimit = 20

/** Follows the names of types through aliases, imports and barrels to where they are declared. */
export class TypeDeclarations {
  readonly #parse: Parse

  constructor(parse: Parse) {
    this.#parse = parse
  }

  /** The interface or alias that a reference without arguments of its own names; null for parameters, packages and the like. */
  find({ node, module }: LocatedType): TypeDeclaration | null {
    if (node.type !== 'TSTypeReference' || node.typeName.type !== 'Identifier') return null
    return this.#named(node.typeName, module, 0)
  }

  #named(name: TSESTree.Identifier, module: SourceModule, depth: number): TypeDeclaration | null {
    const binding = depth > depthLimit ? null : module.bindingOf(name)
    if (binding?.kind === 'import') return this.#imported(binding.specifier, binding.name, module, depth)
    return binding?.kind === 'declaration' ? declaration(binding.node, module) : null
  }

  #imported(specifier: string, name: string, from: SourceModule, depth: number): TypeDeclaration | null {
    const file = resolveImport(specifier, from.filename)
    const module = file === null ? null : loadModule(file, this.#parse)
    if (module === null || depth > depthLimit) return null
    const found = exportedNode(module, name)
    switch (found.kind) {
      case 'node':
        return found.node.type === 'Identifier'
          ? this.#named(found.node, module, depth + 1)
          : declaration(found.node, module)
      case 'reexport':
        return this.#imported(found.specifier, found.name, module, depth + 1)
      case 'stars':
        for (const star of found.specifiers) {
          const beyond = this.#imported(star, name, module, depth + 1)
          if (beyond !== null) return beyond
        }
        return null
      case 'member':
        return null
    }
  }

  /** The properties of an object type, with those that it inherits or is crossed with; null when it is no such type. */
  membersOf(type: LocatedType, depth = 0): readonly Member[] | null {
    const { node, module } = type
    if (depth > depthLimit) return null
    switch (node.type) {
      case 'TSInterfaceDeclaration': {
        const inherited = node.extends.flatMap(({ expression }) => {
          const parent = expression.type === 'Identifier' ? this.#named(expression, module, depth) : null
          return parent === null ? [] : (this.membersOf(parent, depth + 1) ?? [])
        })
        return lastOfEachName([...inherited, ...signatures(node.body.body, module)])
      }
      case 'TSTypeAliasDeclaration':
        return this.membersOf({ node: node.typeAnnotation, module }, depth + 1)
      case 'TSTypeLiteral':
        return signatures(node.members, module)
      case 'TSIntersectionType': {
        const parts = node.types.map((part) => this.membersOf({ node: part, module }, depth + 1))
        return parts.includes(null) ? null : lastOfEachName(parts.flatMap((part) => part!))
      }
      case 'TSTypeReference': {
        const target = this.find(type)
        return target === null ? null : this.membersOf(target, depth + 1)
      }
      default:
        return null
    }
  }
}

function declaration(node: TSESTree.Node, module: SourceModule): TypeDeclaration | null {
  return node.type === 'TSInterfaceDeclaration' || node.type === 'TSTypeAliasDeclaration'
    ? { node, module }
    : null
}

function signatures(elements: readonly TSESTree.TypeElement[], module: SourceModule): Member[] {
  return elements.flatMap((node) => {
    if (node.type !== 'TSPropertySignature' || node.typeAnnotation === undefined) return []
    const name = keyName(node.key, node.computed)
    const type = { node: node.typeAnnotation.typeAnnotation, module }
    return name === null ? [] : [{ name, optional: node.optional, type, node }]
  })
}

function lastOfEachName(members: readonly Member[]): readonly Member[] {
  return [...new Map(members.map((member) => [member.name, member])).values()]
}
