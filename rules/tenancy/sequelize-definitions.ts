import type { TSESTree } from '@typescript-eslint/utils'
import { calleeName } from '../source/callee.ts'
import { memberName } from '../source/binding.ts'
import { childrenOf, unwrap } from '../source/children.ts'
import type { SourceModule } from '../source/module.ts'
import type { Literals, Located } from './literals.ts'
import type { Attribute, ModelOptions, SequelizeModel, SequelizeModels } from './sequelize-models.ts'

/** A model and where its code has it. */
export interface Definition {
  readonly model: SequelizeModel
  /** The call of `define`, or the class. */
  readonly node: TSESTree.Node
  /** Names of variables and classes that stand for it, beside its own. */
  readonly names: readonly string[]
}

/** Calls in a module that are written `something.name(…)`. */
export interface MethodCall {
  readonly node: TSESTree.CallExpression
  readonly method: string
  readonly object: TSESTree.Node
  readonly module: SourceModule
}

export function methodCallsIn(module: SourceModule): readonly MethodCall[] {
  const found: MethodCall[] = []
  const visit = (node: TSESTree.Node): void => {
    if (node.type === 'CallExpression' && node.callee.type === 'MemberExpression') {
      const method = memberName(node.callee)
      if (method !== null) found.push({ node, method, object: node.callee.object, module })
    }
    childrenOf(node).forEach(visit)
  }
  visit(module.program)
  return found
}

/** Reads `sequelize.define(name, attributes, options)` and `Model.init(attributes, options)`. */
export class SequelizeDefinitions {
  readonly #literals: Literals
  readonly #models: SequelizeModels
  /** `define` of the connection: options that every model has. */
  readonly #shared: Located | null

  constructor(literals: Literals, models: SequelizeModels, shared: Located | null) {
    this.#literals = literals
    this.#models = models
    this.#shared = shared
  }

  read(call: MethodCall): Definition | null {
    if (!/sequelize|DataTypes/i.test(call.module.text)) return null
    if (call.method === 'define') return this.#defined(call)
    return call.method === 'init' ? this.#initialised(call) : null
  }

  #defined({ node, object, module }: MethodCall): Definition | null {
    const [first, second, third] = node.arguments.map((one): Located => ({ node: one, module }))
    const name = this.#literals.text(first ?? null)
    if (name === null || second === undefined || !this.#literals.isObject(second)) return null
    const attributes = this.attributes(second)
    // `customElements.define('x-card', {})` defines no model.
    const receiver = this.#literals.nameOf({ node: object, module }) ?? ''
    if (
      !attributes.some(isTyped) &&
      !(attributes.length === 0 && /sequelize|^db$|connection/i.test(receiver))
    ) {
      return null
    }
    const model = this.#models.model(
      `${module.filename}#${name}`,
      name,
      attributes,
      this.options(third ?? null),
    )
    return { model, node, names: [name, ...variableOf(node)] }
  }

  #initialised({ node, object, module }: MethodCall): Definition | null {
    const [attributes, options] = node.arguments.map((one): Located => ({ node: one, module }))
    const owner = this.#classOf({ node: object, module })
    if (owner === null || attributes === undefined || options === undefined) return null
    const given = this.#literals.entries(options)
    if (!given.has('sequelize') || !this.#literals.isObject(attributes)) return null
    const called = owner.id?.name ?? variableOf(owner)[0] ?? null
    const name = this.#literals.text(given.get('modelName') ?? null) ?? called
    if (name === null) return null
    const model = this.#models.model(
      `${module.filename}#${name}`,
      name,
      this.attributes(attributes),
      this.options(options),
    )
    return { model, node: owner, names: [name, ...(called === null ? [] : [called])] }
  }

  /** The class that `Team.init`, `this.init` or `super.init` initialises. */
  #classOf({ node, module }: Located): TSESTree.ClassDeclaration | TSESTree.ClassExpression | null {
    const bare = unwrap(node)
    if (bare.type === 'ThisExpression' || bare.type === 'Super') return classAround(bare)
    const { node: found } = this.#literals.resolve({ node: bare, module })
    return found.type === 'ClassDeclaration' || found.type === 'ClassExpression' ? found : null
  }

  attributes(at: Located): readonly Attribute[] {
    return [...this.#literals.entries(at)].map(([name, value]) => ({
      name,
      // `name: DataTypes.STRING` is short for an object that has only a type.
      options: (option) =>
        this.#literals.isObject(value)
          ? this.#literals.property(value, option)
          : option === 'type'
            ? value
            : null,
      nullable: null,
      primary: false,
    }))
  }

  options(given: Located | null): ModelOptions {
    return (name) => this.#literals.property(given, name) ?? this.#literals.property(this.#shared, name)
  }
}

function isTyped({ options }: Attribute): boolean {
  const type = options('type')
  return type !== null && /DataTypes?|Sequelize|^[A-Z]+\b/i.test(type.module.text.slice(...type.node.range))
}

/** The variable that a value is given to when it is made. */
function variableOf(node: TSESTree.Node): string[] {
  const { parent } = node
  return parent?.type === 'VariableDeclarator' && parent.id.type === 'Identifier' ? [parent.id.name] : []
}

export function classAround(
  node: TSESTree.Node,
): TSESTree.ClassDeclaration | TSESTree.ClassExpression | null {
  for (let at = node.parent; at != null; at = at.parent) {
    if (at.type === 'ClassDeclaration' || at.type === 'ClassExpression') return at
  }
  return null
}

/** `define` of `new Sequelize(…, { define: { underscored: true } })`, wherever the files make the connection. */
export function sharedOptions(modules: readonly SourceModule[], literals: Literals): Located | null {
  for (const module of modules) {
    if (!/\bnew\s+[(<\w\s)>]*Sequelize/.test(module.text) || !/\bdefine\s*:/.test(module.text)) continue
    const found = connectionsIn(module.program)
      .flatMap(({ arguments: given }) => given)
      .map((node) => literals.property({ node, module }, 'define'))
      .find((define) => define !== null)
    if (found !== undefined) return found
  }
  return null
}

function connectionsIn(program: TSESTree.Program): TSESTree.NewExpression[] {
  const found: TSESTree.NewExpression[] = []
  const visit = (node: TSESTree.Node): void => {
    if (node.type === 'NewExpression') {
      const name = calleeName(node)
      if (name === 'Sequelize') found.push(node)
    }
    childrenOf(node).forEach(visit)
  }
  visit(program)
  return found
}
