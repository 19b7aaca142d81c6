import type { TSESTree } from '@typescript-eslint/utils'
import { type Binding, isFunction, keyName, memberName } from './binding.ts'
import { returnsOf, unwrap } from './children.ts'
import { exportedNode } from './exports.ts'
import { filesExporting, loadModule, resolveImport } from './graph.ts'
import type { Parse } from './parsed-file.ts'
import type { SourceModule } from './module.ts'
import { type PackageExport, packageExportOf } from './package-export.ts'

/**
 * An expression where it is written, with what stands for the parameters of the functions around it, and (under the
 * iterable) for the variable of a loop.
 */
export interface Term {
  readonly node: TSESTree.Node
  readonly module: SourceModule
  readonly given: ReadonlyMap<TSESTree.Node, readonly Term[]>
}

/** A variable and the module that declares it. */
export interface Declared {
  readonly declarator: TSESTree.VariableDeclarator
  readonly module: SourceModule
}

/** Beyond this, a chain of aliases, re-exports and calls is not worth following. */
const depthLimit = 60

/**
 * Follows expressions to the expressions that they stand for, through constants, imports, destructuring and calls of
 * functions in sight, whose parameters keep the arguments of the call. Nothing is run: this reads declarative programs such as
 * schemas, in which a helper makes columns.
 */
export class Follower {
  readonly #parse: Parse
  #depth = 0

  constructor(parse: Parse) {
    this.#parse = parse
  }

  term(node: TSESTree.Node, module: SourceModule): Term {
    return { node, module, given: new Map() }
  }

  /** The expression itself when it leads no further. */
  follow(term: Term): Term {
    if (this.#depth > depthLimit) return term
    this.#depth++
    try {
      return this.#follow({ ...term, node: unwrap(term.node, true) })
    } finally {
      this.#depth--
    }
  }

  #follow(term: Term): Term {
    const { node } = term
    if (node.type === 'Identifier') return this.#identifier(node, term)
    if (node.type === 'MemberExpression') {
      const name = memberName(node)
      return (name === null ? null : this.member({ ...term, node: node.object }, name)) ?? term
    }
    return node.type === 'CallExpression' ? this.#call(node, term) : term
  }

  #identifier(node: TSESTree.Identifier, term: Term): Term {
    const binding = term.module.bindingOf(node)
    switch (binding?.kind) {
      case 'variable': {
        const { init } = binding.declarator
        if (init === null || !binding.constant) return term
        return this.#path(this.follow({ ...term, node: init }), binding.path) ?? term
      }
      case 'parameter':
        return this.#parameter(binding, term)
      case 'element': {
        const element = term.given.get(binding.iterable)?.[0]
        return (element === undefined ? null : this.#path(this.follow(element), binding.path)) ?? term
      }
      case 'import': {
        const found = this.#imported(binding.specifier, binding.name, term.module)
        return found === null ? term : this.follow(found)
      }
      case 'declaration':
        return isFunction(binding.node) ? { ...term, node: binding.node } : term
      default:
        return term
    }
  }

  #parameter(binding: Extract<Binding, { kind: 'parameter' }>, term: Term): Term {
    const argument = term.given.get(binding.function)?.[binding.index]
    const value = argument === undefined ? null : this.#path(this.follow(argument), binding.path)
    if (value !== null) return value
    return binding.default === null ? term : this.follow({ ...term, node: binding.default })
  }

  #path(from: Term, path: readonly { readonly name: string | null }[]): Term | null {
    return path.reduce<Term | null>(
      (object, { name }) => (object === null || name === null ? null : this.member(object, name)),
      from,
    )
  }

  /** What a call of a function in sight returns, if it has one `return`. */
  #call(node: TSESTree.CallExpression, term: Term): Term {
    const callee = this.follow({ ...term, node: node.callee })
    if (!isFunction(callee.node)) return term
    const returned = returnsOf(callee.node)
    return returned.length === 1 ? this.follow(this.within(callee, node, term, returned[0]!)) : term
  }

  /** A node inside a function, its parameters standing for the arguments of a call. */
  within(callee: Term, call: TSESTree.CallExpression, caller: Term, node: TSESTree.Node): Term {
    const given = new Map([...caller.given, ...callee.given])
    const parameters = call.arguments.map((argument) => ({ ...caller, node: argument as TSESTree.Node }))
    if (isFunction(callee.node)) given.set(callee.node, parameters)
    return { node, module: callee.module, given }
  }

  /** `object.name`, followed; null when the object is not written out in sight. */
  member(object: Term, name: string): Term | null {
    const space = this.#namespace(object)
    if (space !== null) {
      const found = this.#exported(space, name, 0)
      return found === null ? null : this.follow(found)
    }
    const whole = this.follow(object)
    const held = this.property(whole, name)
    return held === null ? null : this.follow(held)
  }

  /** The module behind `import * as name`. */
  #namespace({ node, module }: Term): SourceModule | null {
    const binding = node.type === 'Identifier' ? module.bindingOf(node) : null
    if (binding?.kind !== 'import' || binding.name !== '*') return null
    const file = resolveImport(binding.specifier, module.filename)
    return file === null ? null : loadModule(file, this.#parse)
  }

  /** The value of a property of an object or array that is written out, through spreads. */
  property(object: Term, name: string): Term | null {
    const { node } = object
    if (node.type === 'ArrayExpression') {
      const element = /^\d+$/.test(name) ? node.elements[Number(name)] : null
      return element == null || element.type === 'SpreadElement' ? null : { ...object, node: element }
    }
    if (node.type !== 'ObjectExpression') return null
    for (const property of node.properties.toReversed()) {
      if (property.type === 'SpreadElement') {
        const held = this.property(this.follow({ ...object, node: property.argument }), name)
        if (held !== null) return held
      } else if (keyName(property.key, property.computed) === name) {
        return { ...object, node: property.value }
      }
    }
    return null
  }

  #imported(specifier: string, name: string, from: SourceModule): Term | null {
    if (name === '*') return null
    const file = resolveImport(specifier, from.filename)
    const module = file === null ? null : loadModule(file, this.#parse)
    return module === null ? null : this.#exported(module, name, 0)
  }

  #exported(module: SourceModule, name: string, depth: number): Term | null {
    if (depth > 10) return null
    const found = exportedNode(module, name)
    switch (found.kind) {
      case 'node':
        return this.term(found.node, module)
      case 'reexport':
        return this.#imported(found.specifier, found.name, module)
      case 'member':
        return this.member(this.term(found.node, module), found.name)
      case 'stars':
        for (const file of filesExporting(name, found.specifiers, module.filename)) {
          const next = loadModule(file, this.#parse)
          const term = next === null ? null : this.#exported(next, name, depth + 1)
          if (term !== null) return term
        }
        return null
    }
  }

  /** The variable that a name (`users`, `schema.users`) means, wherever it is declared; null when it means none. */
  declared(term: Term): Declared | null {
    const node = unwrap(term.node)
    if (node.type === 'MemberExpression') {
      const name = memberName(node)
      const space = this.#namespace({ ...term, node: node.object })
      if (name === null) return null
      const found =
        space === null
          ? this.property(this.follow({ ...term, node: node.object }), name)
          : this.#exported(space, name, 0)
      return found === null ? null : this.declared(found)
    }
    if (node.type !== 'Identifier') return null
    const binding = term.module.bindingOf(node)
    switch (binding?.kind) {
      case 'variable':
        return this.#declarator(binding, term)
      case 'import': {
        const found = this.#imported(binding.specifier, binding.name, term.module)
        return found === null ? null : this.declared(found)
      }
      case 'parameter': {
        const argument = term.given.get(binding.function)?.[binding.index]
        return argument === undefined || binding.path.length > 0 ? null : this.declared(argument)
      }
      default:
        return null
    }
  }

  #declarator(binding: Extract<Binding, { kind: 'variable' }>, term: Term): Declared | null {
    const { declarator, path } = binding
    if (path.length > 0 || declarator.init === null) return null
    const init = unwrap(declarator.init)
    const alias = init.type === 'Identifier' || init.type === 'MemberExpression'
    return alias ? this.declared({ ...term, node: init }) : { declarator, module: term.module }
  }

  /** The package export that a name (`pgTable`, `pg.pgTable`, `require('knex').Knex`) means, null for anything else. */
  packageExport(term: Term): PackageExport | null {
    return packageExportOf(
      this.follow(term),
      (inner) => this.packageExport(inner),
      (file) => loadModule(file, this.#parse),
    )
  }

  /** The text of a constant string, null when it is not constant. */
  text(term: Term): string | null {
    const at = this.follow(term)
    const { node } = at
    switch (node.type) {
      case 'Literal':
        return node.value === null || typeof node.value === 'object' ? null : String(node.value)
      case 'TemplateLiteral': {
        const parts = node.expressions.map((one) => this.text({ ...at, node: one }))
        if (parts.includes(null)) return null
        return node.quasis.map((one, index) => one.value.cooked + (parts[index] ?? '')).join('')
      }
      case 'BinaryExpression': {
        if (node.operator !== '+') return null
        const left = this.text({ ...at, node: node.left })
        const right = this.text({ ...at, node: node.right })
        return left === null || right === null ? null : left + right
      }
      default:
        return null
    }
  }

  /** Property names and values of an object that is written out, spreads included; `unread` gets what is not in sight. */
  entries(object: Term, unread: (at: Term) => void): (readonly [string, Term])[] {
    const whole = this.follow(object)
    if (whole.node.type !== 'ObjectExpression') {
      unread(object)
      return []
    }
    const found = new Map<string, Term>()
    for (const property of whole.node.properties) {
      if (property.type === 'SpreadElement') {
        for (const [name, value] of this.entries({ ...whole, node: property.argument }, unread)) {
          found.set(name, value)
        }
        continue
      }
      const name =
        keyName(property.key, property.computed) ??
        this.text({ ...whole, node: property.key as TSESTree.Node })
      if (name === null) unread({ ...whole, node: property })
      else found.set(name, { ...whole, node: property.value })
    }
    return [...found]
  }

  /** Elements of an array that is written out, or values of an object. */
  items(list: Term, unread: (at: Term) => void): Term[] {
    const whole = this.follow(list)
    if (whole.node.type === 'ObjectExpression') return this.entries(whole, unread).map(([, value]) => value)
    if (whole.node.type !== 'ArrayExpression') {
      unread(list)
      return []
    }
    return whole.node.elements.flatMap((element) => {
      if (element === null) return []
      if (element.type === 'SpreadElement') return this.items({ ...whole, node: element.argument }, unread)
      return [{ ...whole, node: element }]
    })
  }

  /** What a function returns; the term itself when it is none. */
  body(callback: Term): Term {
    const whole = this.follow(callback)
    const [returned] = returnsOf(whole.node)
    return returned === undefined ? whole : { ...whole, node: returned }
  }
}
