import type { TSESTree } from '@typescript-eslint/utils'
import { unwrap } from '../source/children.ts'
import type { Literals, Located } from './literals.ts'
import type { ModelNames } from './model-names.ts'
import { keyOf } from './names.ts'
import { type Association, type AssociationKind, type KeyOption, noKey } from './sequelize-associations.ts'
import { classAround, type MethodCall } from './sequelize-definitions.ts'
import type { SequelizeModel } from './sequelize-models.ts'

const kinds = new Set<string>(['belongsTo', 'hasMany', 'hasOne', 'belongsToMany'] satisfies AssociationKind[])

/** Finds models by what code calls them, and the associations between them. */
export class SequelizeLinks {
  readonly unread: string[] = []
  readonly #literals: Literals
  readonly #models: ReadonlyMap<string, SequelizeModel>
  readonly #byNode: ReadonlyMap<TSESTree.Node, SequelizeModel>
  readonly #names: ModelNames

  constructor(
    literals: Literals,
    models: readonly SequelizeModel[],
    byNode: ReadonlyMap<TSESTree.Node, SequelizeModel>,
    names: ModelNames,
  ) {
    this.#literals = literals
    this.#models = new Map(models.map((model) => [model.key, model]))
    this.#byNode = byNode
    this.#names = names
  }

  /** The model behind `Team`, `models.team`, `this`, `() => Team` or `'team'`. */
  find(at: Located): SequelizeModel | null {
    const goal = this.#literals.returned(at)
    const bare = unwrap(goal.node)
    const inside = bare.type === 'ThisExpression' ? classAround(bare) : null
    if (inside !== null) return this.#byNode.get(inside) ?? null
    const resolved = this.#literals.resolve(goal)
    const found = this.#byNode.get(resolved.node) ?? this.#declared(bare, goal)
    return found ?? this.#models.get(this.#names.find(this.#literals.nameOf(goal)) ?? '') ?? null
  }

  /** A variable that holds the call of `define`. */
  #declared(node: TSESTree.Node, { module }: Located): SequelizeModel | null {
    if (node.type !== 'Identifier') return null
    const binding = module.bindingOf(node)
    if (binding?.kind !== 'variable' || binding.declarator.init === null || binding.path.length > 0)
      return null
    return this.#byNode.get(unwrap(binding.declarator.init)) ?? null
  }

  association({ node, method, object, module }: MethodCall): Association | null {
    const [first, second] = node.arguments.map((one): Located => ({ node: one, module }))
    if (!kinds.has(method) || first === undefined) return null
    const source = this.find({ node: object, module })
    if (source === null) return null
    const target = this.find(first)
    if (target === null) {
      this.unread.push(`${source.name}.${method} leads to a model that was not found`)
      return null
    }
    const option = (name: string) => this.#literals.property(second ?? null, name)
    const alias = option('as')
    return {
      ...this.linked(method as AssociationKind, source, target, option),
      alias: this.#literals.text(alias) ?? this.#literals.text(this.#literals.property(alias, 'plural')),
    }
  }

  /** An association without its alias, from whatever holds its options. */
  linked(
    kind: AssociationKind,
    source: SequelizeModel,
    target: SequelizeModel,
    option: (name: string) => Located | null,
  ): Omit<Association, 'alias'> {
    return {
      kind,
      source,
      target,
      foreignKey: this.key(option('foreignKey')),
      otherKey: this.key(option('otherKey')),
      through: kind === 'belongsToMany' ? this.through(option('through')) : null,
      key: this.#literals.text(option('targetKey') ?? option('sourceKey')),
      cascades: /^cascade$/i.test(this.#literals.text(option('onDelete')) ?? ''),
      // A scope tells apart what a key of several tables leads to.
      constrained: this.#literals.flag(option('constraints')) !== false && option('scope') === null,
    }
  }

  /** `'teamId'` or `{ name, field, allowNull }`. */
  key(at: Located | null): KeyOption {
    if (at === null) return noKey
    const name = this.#literals.text(at)
    if (name !== null) return { ...noKey, name }
    const value = (option: string) => this.#literals.property(at, option)
    return {
      name: this.#literals.text(value('name')) ?? this.#literals.text(value('fieldName')),
      column: this.#literals.text(value('field')),
      nullable: this.#literals.flag(value('allowNull')),
    }
  }

  through(at: Located | null): Association['through'] {
    if (at === null) return null
    const given = this.#literals.property(at, 'model') ?? at
    const model = this.find(given)
    if (model !== null) return { model }
    const name = this.#literals.text(given)
    return name === null ? null : { name: keyOf({ schema: null, name }) }
  }
}
