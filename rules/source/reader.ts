import type { TSESLint, TSESTree } from '@typescript-eslint/utils'
import { keyName, memberName } from './binding.ts'
import { unwrap } from './children.ts'
import type { Definer } from './define.ts'
import { type SourceModule, isConstant } from './module.ts'

type Constant = { readonly value: string | number | boolean | null }

/** Beyond this many aliases, a constant is not in sight any more. */
const depthLimit = 20

/** Sees through constants. */
export class Reader {
  readonly sourceCode: TSESLint.SourceCode
  readonly module: SourceModule
  readonly #definer: Definer

  constructor(sourceCode: TSESLint.SourceCode, module: SourceModule, definer: Definer) {
    this.sourceCode = sourceCode
    this.module = module
    this.#definer = definer
  }

  /** The expression that a node stands for, through constants that are written once. */
  resolve(node: TSESTree.Node, depth = 0): TSESTree.Node {
    const bare = unwrap(node)
    if (depth > depthLimit) return bare
    if (bare.type === 'Identifier') {
      const binding = this.module.bindingOf(bare)
      if (
        binding?.kind !== 'variable' ||
        binding.declarator.init === null ||
        !isConstant(this.sourceCode, bare)
      )
        return bare
      let value = this.resolve(binding.declarator.init, depth + 1)
      for (const { name } of binding.path) {
        const held = name === null ? null : this.#held(value, name)
        if (held === null) return bare
        value = this.resolve(held, depth + 1)
      }
      return value
    }
    if (bare.type === 'MemberExpression') {
      const name = memberName(bare)
      const object = name === null ? null : this.resolve(bare.object, depth + 1)
      const held = object === null ? null : this.#held(object, name!)
      return held === null ? bare : this.resolve(held, depth + 1)
    }
    return bare
  }

  #held(object: TSESTree.Node, name: string): TSESTree.Node | null {
    if (object.type === 'ObjectExpression') {
      if (object.properties.some((one) => one.type === 'SpreadElement' || one.computed)) return null
      const found = object.properties.find(
        (one) => one.type === 'Property' && keyName(one.key, one.computed) === name,
      )
      return found?.type === 'Property' ? found.value : null
    }
    if (object.type !== 'ArrayExpression' || !/^\d+$/.test(name)) return null
    const elements = object.elements.slice(0, Number(name) + 1)
    return elements.some((one) => one?.type === 'SpreadElement') ? null : (elements[Number(name)] ?? null)
  }

  /** Value of a constant expression, also of a constant that another local module exports. */
  constantOf(node: TSESTree.Node, depth = 0): Constant | null {
    if (depth > depthLimit) return null
    const value = this.resolve(node)
    switch (value.type) {
      case 'Literal':
        return typeof value.value === 'bigint' || value.value instanceof RegExp
          ? null
          : { value: value.value as string | number | boolean | null }
      case 'TemplateLiteral': {
        const parts = value.expressions.map((one) => this.constantOf(one, depth + 1))
        if (parts.includes(null)) return null
        return {
          value: value.quasis.map((one, i) => one.value.cooked + String(parts[i]?.value ?? '')).join(''),
        }
      }
      case 'BinaryExpression': {
        if (value.operator !== '+') return null
        const left = this.constantOf(value.left, depth + 1)?.value
        const right = this.constantOf(value.right, depth + 1)?.value
        if (left === undefined || right === undefined) return null
        const text = typeof left === 'string' || typeof right === 'string'
        return { value: text ? `${left}${right}` : Number(left) + Number(right) }
      }
      case 'UnaryExpression':
        return value.operator === '-' ? negated(this.constantOf(value.argument, depth + 1)) : null
      case 'Identifier':
      case 'MemberExpression':
        return this.importedConstant(value)
      default:
        return null
    }
  }

  importedConstant(node: TSESTree.Node): Constant | null {
    if (node.type !== 'Identifier' && node.type !== 'MemberExpression') return null
    const definition = this.#definer.definitionOf(node)
    if (definition.kind !== 'value' || definition.module === this.module.filename) return null
    const { node: value } = definition
    if (value.type === 'TemplateLiteral' && value.expressions.length === 0) {
      return { value: value.quasis[0]!.value.cooked }
    }
    if (value.type !== 'Literal' || typeof value.value === 'object' || typeof value.value === 'bigint')
      return null
    return { value: value.value }
  }
}

function negated(constant: Constant | null): Constant | null {
  return typeof constant?.value === 'number' ? { value: -constant.value } : null
}
