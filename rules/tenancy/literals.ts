import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction, keyName } from '../source/binding.ts'
import { returnsOf, unwrap } from '../source/children.ts'
import type { Definer } from '../source/define.ts'
import type { SourceModule } from '../source/module.ts'

/** An expression and the module that its names belong to. */
export interface Located {
  readonly node: TSESTree.Node
  readonly module: SourceModule
}

/** Reads values that are written out, through constants, imports, spreads and casts. What is computed gives null. */
export class Literals {
  readonly definer: Definer

  constructor(definer: Definer) {
    this.definer = definer
  }

  /** The literal, object, array, function or class behind an expression; the expression itself when it is none. */
  resolve({ node, module }: Located): Located {
    const bare = unwrap(node)
    if (bare.type !== 'Identifier' && bare.type !== 'MemberExpression') return { node: bare, module }
    const definition = this.definer.define(bare, module)
    if (definition.kind !== 'value' && definition.kind !== 'function' && definition.kind !== 'class')
      return { node: bare, module }
    const home = this.definer.moduleOf(definition.module)
    return home === null ? { node: bare, module } : { node: unwrap(definition.node), module: home }
  }

  text(at: Located | null): string | null {
    if (at === null) return null
    const { node, module } = this.resolve(at)
    if (node.type === 'Literal') return typeof node.value === 'string' ? node.value : null
    if (node.type === 'BinaryExpression' && node.operator === '+') {
      const left = this.text({ node: node.left, module })
      const right = this.text({ node: node.right, module })
      return left === null || right === null ? null : left + right
    }
    if (node.type !== 'TemplateLiteral') return null
    const parts = node.expressions.map((expression) => this.text({ node: expression, module }))
    if (parts.includes(null)) return null
    return node.quasis.map(({ value }, index) => value.cooked + (parts[index] ?? '')).join('')
  }

  flag(at: Located | null): boolean | null {
    if (at === null) return null
    const { node } = this.resolve(at)
    return node.type === 'Literal' && typeof node.value === 'boolean' ? node.value : null
  }

  /** The value of a property of an object that is written out. */
  property(at: Located | null, name: string): Located | null {
    return this.entries(at).get(name) ?? null
  }

  /** Properties of an object that is written out, in order; spreads are opened, later ones win. */
  entries(at: Located | null): ReadonlyMap<string, Located> {
    const found = new Map<string, Located>()
    const object = at === null ? null : this.resolve(at)
    if (object?.node.type !== 'ObjectExpression') return found
    const { module } = object
    for (const property of object.node.properties) {
      if (property.type === 'SpreadElement') {
        for (const [name, value] of this.entries({ node: property.argument, module })) found.set(name, value)
        continue
      }
      const name = keyName(property.key, property.computed)
      if (name !== null) found.set(name, { node: property.value, module })
    }
    return found
  }

  isObject(at: Located | null): boolean {
    return at !== null && this.resolve(at).node.type === 'ObjectExpression'
  }

  /** Elements of an array that is written out; a single value is taken for an array of one. */
  elements(at: Located | null): readonly Located[] {
    if (at === null) return []
    const { node, module } = this.resolve(at)
    if (node.type !== 'ArrayExpression') return [at]
    return node.elements.flatMap((element) =>
      element === null || element.type === 'SpreadElement' ? [] : [{ node: element, module }],
    )
  }

  /** What a function gives back: `Team` for `() => Team`. Anything else stands for itself. */
  returned(at: Located): Located {
    const { node, module } = this.resolve(at)
    const [first] = isFunction(node) ? returnsOf(node) : []
    return first === undefined ? at : { node: unwrap(first), module }
  }

  /** The name by which an expression calls a class or model, as its module exports it: `Team`, `models.team`, `'Team'`. */
  nameOf({ node, module }: Located): string | null {
    const bare = unwrap(node)
    if (bare.type === 'Literal' || bare.type === 'TemplateLiteral') return this.text({ node: bare, module })
    if (bare.type === 'MemberExpression') return keyName(bare.property, bare.computed)
    if (bare.type !== 'Identifier') return null
    const binding = module.bindingOf(bare)
    const renamed = binding?.kind === 'import' && binding.name !== 'default' && binding.name !== '*'
    return renamed ? binding.name : bare.name
  }
}
