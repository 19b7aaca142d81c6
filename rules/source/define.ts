import type { TSESTree } from '@typescript-eslint/utils'
import { type Binding, annotationOf, isFunction, keyName, memberName } from './binding.ts'
import { returnsOf } from './children.ts'
import { classMember, typeMember } from './class-member.ts'
import type { Definition } from './definition.ts'
import { TypeReader, isTelling, unknown } from './type-definition.ts'
import { firstAssignment } from './assignment.ts'
import { exportedNode } from './exports.ts'
import { filesExporting, isLocal, loadModule, resolveImport } from './graph.ts'
import type { Parse } from './parsed-file.ts'
import type { SourceModule } from './module.ts'

/** Beyond this, a chain of aliases, re-exports and types is not worth following. */
const depthLimit = 40

/** Resolves expressions and types of one linted file, and of the modules it imports, to what they stand for. */
export class Definer {
  readonly #main: SourceModule
  readonly #parse: Parse | null
  readonly #known = new Map<TSESTree.Node, Definition>()
  readonly #busy = new Set<TSESTree.Node>()
  readonly #types: TypeReader

  constructor(main: SourceModule, parse: Parse | null) {
    this.#main = main
    this.#parse = parse
    this.#types = new TypeReader(this)
  }

  /** What an expression of the linted file stands for. */
  definitionOf(node: TSESTree.Node): Definition {
    return this.define(node, this.#main)
  }

  /** What an expression or type of another readable module stands for. */
  definitionIn(node: TSESTree.Node, filename: string): Definition {
    const module = this.moduleOf(filename)
    if (module === null) return { kind: 'unknown', text: '' }
    return /^TS(TypeReference|UnionType|ImportType)$/.test(node.type)
      ? this.#types.type(node as TSESTree.TypeNode, module)
      : this.define(node, module)
  }

  define(node: TSESTree.Node, module: SourceModule): Definition {
    const known = this.#known.get(node)
    if (known !== undefined) return known
    if (this.#busy.has(node) || this.#busy.size > depthLimit) return unknown(node, module)
    this.#busy.add(node)
    try {
      const definition = this.#define(node, module)
      this.#known.set(node, definition)
      return definition
    } finally {
      this.#busy.delete(node)
    }
  }

  /** Source of the module that a definition's node lives in. */
  moduleOf(filename: string): SourceModule | null {
    return filename === this.#main.filename ? this.#main : loadModule(filename, this.#parse)
  }

  #define(node: TSESTree.Node, module: SourceModule): Definition {
    switch (node.type) {
      case 'Identifier':
      case 'JSXIdentifier':
        return this.#identifier(node, module)
      case 'ThisExpression':
        return this.#this(node, module)
      case 'Super':
        return this.#super(node, module)
      case 'MemberExpression': {
        const name = memberName(node)
        return name === null ? unknown(node, module) : this.member(this.define(node.object, module), name)
      }
      case 'NewExpression':
        return {
          kind: 'instance',
          of: this.define(node.callee, module),
          node,
          module: module.filename,
        }
      case 'CallExpression':
        return this.#call(node, module)
      case 'ImportExpression':
        // `await import('./entities')`
        return node.source.type === 'Literal' && typeof node.source.value === 'string'
          ? this.imported(node.source.value, '*', module.filename)
          : unknown(node, module)
      case 'AwaitExpression':
        return this.define(node.argument, module)
      case 'ChainExpression':
      case 'TSNonNullExpression':
      case 'TSSatisfiesExpression':
        return this.define(node.expression, module)
      case 'TSAsExpression':
      case 'TSTypeAssertion':
        return this.#either(
          () => this.#types.typed(node.typeAnnotation, module),
          () => this.define(node.expression, module),
        )
      case 'LogicalExpression':
        return this.#either(
          () => this.define(node.left, module),
          () => this.define(node.right, module),
        )
      case 'ConditionalExpression':
        return this.#either(
          () => this.define(node.consequent, module),
          () => this.define(node.alternate, module),
        )
      case 'AssignmentExpression':
        return this.define(node.right, module)
      case 'SequenceExpression':
        return this.define(node.expressions.at(-1)!, module)
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        return { kind: 'function', node, module: module.filename }
      case 'ClassDeclaration':
      case 'ClassExpression':
        return this.#class(node, module)
      case 'TemplateLiteral':
      case 'Literal':
      case 'ObjectExpression':
      case 'ArrayExpression':
      case 'BinaryExpression':
      case 'UnaryExpression':
        return { kind: 'value', node, module: module.filename }
      default:
        return unknown(node, module)
    }
  }

  #either(first: () => Definition, second: () => Definition): Definition {
    const one = first()
    return isTelling(one) ? one : second()
  }

  #identifier(node: TSESTree.Identifier | TSESTree.JSXIdentifier, module: SourceModule): Definition {
    const binding = module.bindingOf(node)
    return binding === null ? unknown(node, module) : this.#binding(binding, node, module)
  }

  #binding(
    binding: Binding,
    node: TSESTree.Identifier | TSESTree.JSXIdentifier,
    module: SourceModule,
  ): Definition {
    switch (binding.kind) {
      case 'import':
        return this.imported(binding.specifier, binding.name, module.filename)
      case 'declaration':
        return this.#declaration(binding.node, module)
      case 'variable': {
        const { id, init } = binding.declarator
        const annotation = annotationOf(id)
        const typed = annotation === null ? null : this.#types.typed(annotation, module)
        if (typed !== null && isTelling(typed)) return this.#path(typed, binding.path)
        if (init !== null) {
          const initial = this.define(init, module)
          if (binding.constant || isTelling(initial)) return this.#path(initial, binding.path)
        }
        const assigned = firstAssignment(node, module)
        return assigned === null ? unknown(node, module) : this.define(assigned, module)
      }
      case 'parameter':
        return this.#parameter(binding, node, module)
      default:
        return unknown(node, module)
    }
  }

  #path(from: Definition, path: readonly { readonly name: string | null }[]): Definition {
    return path.reduce<Definition>(
      (object, step) => (step.name === null ? { kind: 'unknown', text: '' } : this.member(object, step.name)),
      from,
    )
  }

  #declaration(node: TSESTree.Node, module: SourceModule): Definition {
    if (isFunction(node)) return { kind: 'function', node, module: module.filename }
    if (node.type === 'TSTypeAliasDeclaration') return this.#types.type(node.typeAnnotation, module)
    return this.#class(node, module)
  }

  #this(node: TSESTree.Node, module: SourceModule): Definition {
    for (let at: TSESTree.Node | undefined = node.parent; at != null; at = at.parent) {
      if (at.type === 'ClassDeclaration' || at.type === 'ClassExpression') {
        return { kind: 'typed', type: this.#class(at, module) }
      }
      if (at.type === 'FunctionDeclaration') break
      if (at.type === 'ObjectExpression') return { kind: 'value', node: at, module: module.filename }
    }
    return unknown(node, module)
  }

  /** The base class, by whose methods `super.find(…)` is found. */
  #super(node: TSESTree.Node, module: SourceModule): Definition {
    const own = this.#this(node, module)
    const base = own.kind === 'typed' && own.type.kind === 'class' ? own.type.extends : null
    return base === null ? unknown(node, module) : { kind: 'typed', type: base }
  }

  #class(node: TSESTree.Node, module: SourceModule): Definition {
    const parent = 'superClass' in node ? node.superClass : null
    const base = parent === null ? null : this.define(parent, module)
    return { kind: 'class', node, module: module.filename, extends: base }
  }

  #parameter(
    binding: Extract<Binding, { kind: 'parameter' }>,
    node: TSESTree.Identifier | TSESTree.JSXIdentifier,
    module: SourceModule,
  ): Definition {
    const annotation = annotationOf(binding.pattern)
    if (annotation !== null) {
      const typed = this.#path(this.#types.typed(annotation, module), binding.path)
      if (isTelling(typed)) return typed
    }
    if (binding.default !== null) {
      const fallback = this.define(binding.default, module)
      if (isTelling(fallback)) return fallback
    }
    const call = binding.function.parent
    const argument = call?.type === 'CallExpression' ? call.arguments.indexOf(binding.function as never) : -1
    if (call?.type === 'CallExpression' && argument >= 0) {
      const callee = this.define(call.callee, module)
      return this.#path({ kind: 'callbackParameter', callee, argument, index: binding.index }, binding.path)
    }
    return this.#path({ kind: 'parameter', name: parameterName(binding.pattern, node.name) }, binding.path)
  }

  /** The export `name` of a module, followed through local files as far as they can be read. */
  imported(specifier: string, name: string, from: string): Definition {
    if (!isLocal(specifier, from)) return { kind: 'import', module: specifier, name, local: false }
    const file = resolveImport(specifier, from)
    const module = file === null ? null : this.moduleOf(file)
    if (module === null) return { kind: 'import', module: specifier, name, local: true }
    return this.#exported(module, name, 0) ?? { kind: 'import', module: module.filename, name, local: true }
  }

  #exported(module: SourceModule, name: string, depth: number): Definition | null {
    if (depth > 10) return null
    const found = exportedNode(module, name)
    switch (found.kind) {
      case 'node':
        return this.define(found.node, module)
      case 'reexport':
        return this.imported(found.specifier, found.name, module.filename)
      case 'member': {
        const object = this.define(found.node, module)
        return this.member(object, found.name)
      }
      case 'stars':
        for (const file of filesExporting(name, found.specifiers, module.filename)) {
          const next = this.moduleOf(file)
          const definition = next === null ? null : this.#exported(next, name, depth + 1)
          if (definition !== null) return definition
        }
        return null
    }
  }

  /** `object.name`. */
  member(object: Definition, name: string): Definition {
    switch (object.kind) {
      case 'import': {
        const whole = object.name === '*' || object.name === 'default'
        if (!whole) break
        if (!object.local) return { ...object, name }
        const module = this.moduleOf(object.module)
        if (module === null) break
        return this.#exported(module, name, 0) ?? { kind: 'member', object, name }
      }
      case 'value': {
        const module = this.moduleOf(object.module)
        const value = object.node.type === 'ObjectExpression' ? propertyOf(object.node, name) : null
        if (module !== null && value !== null) return this.define(value, module)
        break
      }
      case 'typed':
        if (object.type.kind === 'class') return this.#member(object.type, name) ?? member(object, name)
        break
      case 'instance':
        if (object.of.kind === 'class') return this.#member(object.of, name) ?? member(object, name)
        break
      case 'class':
        return this.#member(object, name) ?? member(object, name)
      default:
    }
    return member(object, name)
  }

  #member(owner: Extract<Definition, { kind: 'class' }>, name: string): Definition | null {
    const module = this.moduleOf(owner.module)
    if (module === null) return null
    const found = classMember(owner.node, name) ?? typeMember(owner.node, name)
    switch (found?.kind) {
      case 'type': {
        const typed = this.#types.typed(found.type, module)
        if (isTelling(typed) || found.value === null) return typed
        return this.define(found.value, module)
      }
      case 'value':
        return this.define(found.value, module)
      case 'super': {
        const parents = found.parents.map((parent) => this.define(parent, module))
        for (const parent of parents) {
          if (parent.kind === 'class') {
            const inherited = this.#member(parent, name)
            if (inherited !== null) return inherited
          }
        }
        return parents[0] === undefined ? null : member({ kind: 'typed', type: parents[0] }, name)
      }
      default:
        return null
    }
  }

  #call(node: TSESTree.CallExpression, module: SourceModule): Definition {
    const [argument] = node.arguments
    if (
      node.callee.type === 'Identifier' &&
      node.callee.name === 'require' &&
      argument?.type === 'Literal' &&
      typeof argument.value === 'string'
    ) {
      return this.imported(argument.value, '*', module.filename)
    }
    if (node.callee.type === 'Super') return unknown(node, module)
    const callee = this.define(node.callee, module)
    if (callee.kind === 'function') {
      const result = this.result(callee)
      if (result !== null && isTelling(result)) return result
    }
    return { kind: 'call', callee, node, module: module.filename }
  }

  /** What a function written in sight returns: its declared type, else its only `return`. */
  result(callee: Extract<Definition, { kind: 'function' }>): Definition | null {
    const module = this.moduleOf(callee.module)
    if (module === null || !isFunction(callee.node)) return null
    const declared = callee.node.returnType?.typeAnnotation
    if (declared !== undefined) {
      const typed = this.#types.typed(declared, module)
      if (isTelling(typed)) return typed
    }
    const returned = returnsOf(callee.node)
    for (const one of returned) {
      const definition = this.define(one, module)
      if (isTelling(definition)) return definition
    }
    return null
  }
}

function member(object: Definition, name: string): Definition {
  return { kind: 'member', object, name }
}

function propertyOf(object: TSESTree.ObjectExpression, name: string): TSESTree.Node | null {
  for (const property of object.properties.toReversed()) {
    if (property.type === 'Property' && keyName(property.key, property.computed) === name)
      return property.value
  }
  return null
}

function parameterName(pattern: TSESTree.Node, fallback: string): string {
  if (pattern.type === 'Identifier') return pattern.name
  if (pattern.type === 'AssignmentPattern') return parameterName(pattern.left, fallback)
  return pattern.type === 'TSParameterProperty' ? parameterName(pattern.parameter, fallback) : ''
}
