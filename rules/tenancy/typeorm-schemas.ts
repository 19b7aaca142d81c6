import type { TSESTree } from '@typescript-eslint/utils'
import { childrenOf } from '../source/children.ts'
import type { SourceModule } from '../source/module.ts'
import type { DeclaredColumn, DeclaredModel, DeclaredRelation, JoinColumn } from './declared.ts'
import type { Literals, Located } from './literals.ts'
import type { ModelNames } from './model-names.ts'
import { keyOf } from './names.ts'
import { columnAt, notEmbedded, type TypeOrmNaming } from './typeorm-names.ts'

/** Entities that are declared by `new EntitySchema({ name, columns, relations })`. */
export class TypeOrmSchemas {
  readonly #literals: Literals
  readonly #naming: TypeOrmNaming
  readonly #names: ModelNames
  readonly #schemas: readonly { readonly name: string; readonly options: Located }[]

  constructor(
    modules: readonly SourceModule[],
    literals: Literals,
    naming: TypeOrmNaming,
    names: ModelNames,
  ) {
    this.#literals = literals
    this.#naming = naming
    this.#names = names
    this.#schemas = modules
      .filter(({ text }) => text.includes('EntitySchema'))
      .flatMap((module) => schemasIn(module.program).map((node) => this.#named(node, module)))
      .filter((schema) => schema !== null)
  }

  #named(node: TSESTree.NewExpression, module: SourceModule): { name: string; options: Located } | null {
    const origin = this.#literals.definer.define(node.callee, module)
    if (origin.kind === 'import' && !/^typeorm/.test(origin.module)) return null
    const [argument] = node.arguments
    const options = argument === undefined ? null : { node: argument, module }
    const name = this.#literals.text(this.#literals.property(options, 'name'))
    if (options === null || name === null || !this.#literals.isObject(options)) return null
    this.#names.add(name, name)
    const { parent } = node
    if (parent.type === 'VariableDeclarator' && parent.id.type === 'Identifier')
      this.#names.add(parent.id.name, name)
    const target = this.#literals.property(options, 'target')
    const model = target === null ? null : this.#literals.nameOf(target)
    if (model !== null) this.#names.add(model, name)
    return { name, options }
  }

  models(): readonly DeclaredModel[] {
    return this.#schemas.map(({ name, options }) => {
      const text = (key: string) => this.#literals.text(this.#literals.property(options, key))
      return {
        key: name,
        name,
        table: keyOf({ schema: text('schema'), name: text('tableName') ?? this.#naming.table(name) }),
        kind: text('type') === 'view' ? 'view' : 'table',
        columns: this.#columns(options),
        relations: this.#relations(options),
      }
    })
  }

  #columns(options: Located): DeclaredColumn[] {
    const columns = this.#literals.entries(this.#literals.property(options, 'columns'))
    return [...columns].map(([property, at]) => {
      const flag = (key: string) => this.#literals.flag(this.#literals.property(at, key)) === true
      const name = this.#literals.text(this.#literals.property(at, 'name'))
      const nullable = flag('nullable') || flag('deleteDate')
      return columnAt(this.#naming, notEmbedded, property, name, { nullable, primary: flag('primary') })
    })
  }

  #relations(options: Located): DeclaredRelation[] {
    const relations = this.#literals.entries(this.#literals.property(options, 'relations'))
    return [...relations].flatMap(([property, at]) => this.#relation(property, at) ?? [])
  }

  #relation(property: string, at: Located): DeclaredRelation | null {
    const value = (key: string) => this.#literals.property(at, key)
    const target = value('target')
    const end = { property, to: target === null ? null : this.#keyOf(target) }
    const mappedBy = this.#literals.text(value('inverseSide'))
    const join = value('joinColumn')
    const owns = join !== null && this.#literals.flag(join) !== false
    switch (this.#literals.text(value('type'))) {
      case 'one-to-many':
        return { ...end, side: 'inverse', many: true, mappedBy }
      case 'many-to-many':
        return { ...end, side: 'joined', table: this.#joinTable(value('joinTable')) }
      case 'one-to-one':
        if (!owns) return { ...end, side: 'inverse', many: false, mappedBy }
        break
      case 'many-to-one':
        break
      default:
        return null
    }
    return {
      ...end,
      side: 'owner',
      columns: this.#joinColumns(join),
      nullable: this.#literals.flag(value('nullable')) ?? true,
      primary: this.#literals.flag(value('primary')) ?? false,
      cascades: this.#literals.text(value('onDelete')) === 'CASCADE',
      constrained: true,
      keyProperty: null,
    }
  }

  #joinTable(at: Located | null): Extract<DeclaredRelation, { side: 'joined' }>['table'] {
    if (at === null || this.#literals.flag(at) === false) return null
    const value = (key: string) => this.#literals.property(at, key)
    const name = this.#literals.text(value('name'))
    return {
      name: name === null ? null : keyOf({ schema: this.#literals.text(value('schema')), name }),
      model: null,
      own: this.#joinColumns(value('joinColumn') ?? value('joinColumns')),
      other: this.#joinColumns(value('inverseJoinColumn') ?? value('inverseJoinColumns')),
    }
  }

  #joinColumns(at: Located | null): JoinColumn[] {
    return this.#literals
      .elements(at)
      .filter((one) => this.#literals.isObject(one))
      .map((one) => ({
        column: this.#literals.text(this.#literals.property(one, 'name')),
        referenced: this.#literals.text(this.#literals.property(one, 'referencedColumnName')),
      }))
  }

  #keyOf(target: Located): string | null {
    return this.#names.find(this.#literals.nameOf(this.#literals.returned(target)))
  }
}

function schemasIn(program: TSESTree.Program): TSESTree.NewExpression[] {
  const found: TSESTree.NewExpression[] = []
  const visit = (at: TSESTree.Node): void => {
    if (at.type === 'NewExpression' && at.callee.type === 'Identifier' && at.callee.name === 'EntitySchema') {
      found.push(at)
    }
    childrenOf(at).forEach(visit)
  }
  visit(program)
  return found
}
