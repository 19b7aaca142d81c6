import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../source/binding.ts'
import { childrenOf, unwrap } from '../source/children.ts'
import type { SourceModule } from '../source/module.ts'
import type { DeclaredModel } from './declared.ts'
import { DecoratorArguments } from './decorators.ts'
import type { Literals, Located } from './literals.ts'
import type { MikroNaming } from './mikro-names.ts'
import type { MikroKind, MikroProperties, MikroProperty, PropertyOptions } from './mikro-properties.ts'
import type { ModelNames } from './model-names.ts'
import { keyOf } from './names.ts'

interface Schema {
  readonly name: string
  readonly options: Located
}

const relationKinds: Readonly<Record<string, MikroKind>> = {
  'm:1': 'm:1',
  '1:m': '1:m',
  '1:1': '1:1',
  'm:n': 'm:n',
  embedded: 'embedded',
  manyToOne: 'm:1',
  oneToMany: '1:m',
  oneToOne: '1:1',
  manyToMany: 'm:n',
  MANY_TO_ONE: 'm:1',
  ONE_TO_MANY: '1:m',
  ONE_TO_ONE: '1:1',
  MANY_TO_MANY: 'm:n',
  EMBEDDED: 'embedded',
}

/** Entities that are declared by `defineEntity({ … })` or `new EntitySchema({ … })`. */
export class MikroSchemas {
  readonly #literals: Literals
  readonly #naming: MikroNaming
  readonly #names: ModelNames
  readonly #schemas = new Map<string, Schema>()

  constructor(modules: readonly SourceModule[], literals: Literals, naming: MikroNaming, names: ModelNames) {
    this.#literals = literals
    this.#naming = naming
    this.#names = names
    for (const module of modules) {
      if (!/\bdefineEntity\b|\bEntitySchema\b/.test(module.text)) continue
      for (const node of declarationsIn(module.program)) this.#add(node, module)
    }
  }

  #add(node: TSESTree.CallExpression | TSESTree.NewExpression, module: SourceModule): void {
    const origin = this.#literals.definer.define(node.callee, module)
    if (origin.kind !== 'import' || !origin.module.startsWith('@mikro-orm/')) return
    const [argument] = node.arguments
    if (argument === undefined) return
    const options = { node: argument, module }
    const value = (name: string) => this.#literals.property(options, name)
    const type = value('class')
    const name = this.#literals.text(value('name')) ?? (type === null ? null : this.#literals.nameOf(type))
    if (name === null) return
    const key = `${module.filename}#${name}`
    this.#schemas.set(key, { name, options })
    this.#names.add(name, key)
    const { parent } = node
    if (parent.type === 'VariableDeclarator' && parent.id.type === 'Identifier')
      this.#names.add(parent.id.name, key)
  }

  models(properties: MikroProperties): readonly DeclaredModel[] {
    return [...this.#schemas].flatMap(([key, schema]) => {
      const { name, options } = schema
      const text = (option: string) => this.#literals.text(this.#literals.property(options, option))
      const flag = (option: string) => this.#literals.flag(this.#literals.property(options, option))
      if (flag('abstract') === true || flag('embeddable') === true) return []
      const table = text('tableName') ?? text('collection') ?? this.#naming.table(name)
      const view = this.#literals.property(options, 'expression') !== null
      return [
        {
          key,
          name,
          table: keyOf({ schema: text('schema'), name: table }),
          kind: view ? 'view' : 'table',
          ...properties.declare(this.#propertiesOf(schema, [])),
        } as const,
      ]
    })
  }

  /** Properties of an embeddable that is a schema. */
  embedded(target: Located): readonly MikroProperty[] {
    const schema = this.#find(target)
    return schema === null ? [] : this.#propertiesOf(schema, [])
  }

  #find(at: Located): Schema | null {
    const key = this.#names.find(this.#literals.nameOf(this.#literals.returned(at)))
    return this.#schemas.get(key ?? '') ?? null
  }

  #propertiesOf(schema: Schema, below: readonly Schema[]): readonly MikroProperty[] {
    if (below.includes(schema)) return []
    const base = this.#literals.property(schema.options, 'extends')
    const parent = base === null ? null : this.#find(base)
    const found = new Map<string, MikroProperty>()
    if (parent !== null) {
      for (const one of this.#propertiesOf(parent, [...below, schema])) found.set(one.name, one)
    }
    const own = this.#literals.property(schema.options, 'properties')
    const entries =
      own === null ? new Map<string, Located>() : this.#literals.entries(this.#literals.returned(own))
    for (const [name, at] of entries) found.set(name, this.#property(name, at))
    return [...found.values()]
  }

  #property(name: string, at: Located): MikroProperty {
    const value = this.#literals.returned(at)
    const call = unwrap(value.node)
    if (call.type === 'CallExpression') return this.#chained(name, call, value.module)
    const options = new DecoratorArguments(this.#literals, [value])
    const kind = options.option('kind') ?? options.option('reference')
    const word = kind === null ? null : (this.#literals.text(kind) ?? this.#literals.nameOf(kind))
    return {
      name,
      kind: relationKinds[word ?? ''] ?? 'column',
      options,
      target: options.option('entity') ?? options.option('type'),
      mappedBy: null,
      optional: false,
    }
  }

  /** `p.manyToOne(Project).nullable()`. */
  #chained(name: string, call: TSESTree.CallExpression, module: SourceModule): MikroProperty {
    const calls = new Map<string, readonly Located[]>()
    let first = ''
    for (
      let at: TSESTree.Node = call;
      at.type === 'CallExpression' && at.callee.type === 'MemberExpression';
    ) {
      first = memberName(at.callee) ?? ''
      calls.set(
        first,
        at.arguments.map((node) => ({ node, module })),
      )
      at = unwrap(at.callee.object)
    }
    const given = calls.get(first) ?? []
    return {
      name,
      kind: relationKinds[first] ?? 'column',
      options: new ChainOptions(this.#literals, calls, new DecoratorArguments(this.#literals, given)),
      target: given[0] ?? null,
      mappedBy: null,
      optional: false,
    }
  }
}

/** Options that are set by calls: `.nullable()`, `.fieldName('org')`. */
class ChainOptions implements PropertyOptions {
  readonly #literals: Literals
  readonly #calls: ReadonlyMap<string, readonly Located[]>
  readonly #given: DecoratorArguments

  constructor(literals: Literals, calls: ReadonlyMap<string, readonly Located[]>, given: DecoratorArguments) {
    this.#literals = literals
    this.#calls = calls
    this.#given = given
  }

  option(name: string): Located | null {
    return this.#calls.get(name)?.[0] ?? this.#given.option(name)
  }

  text(name: string): string | null {
    return this.#literals.text(this.option(name))
  }

  /** A call without an argument switches on. */
  flag(name: string): boolean | null {
    return this.#calls.get(name)?.length === 0 ? true : this.#literals.flag(this.option(name))
  }
}

function declarationsIn(program: TSESTree.Program): (TSESTree.CallExpression | TSESTree.NewExpression)[] {
  const found: (TSESTree.CallExpression | TSESTree.NewExpression)[] = []
  const visit = (at: TSESTree.Node): void => {
    const called = at.type === 'CallExpression' ? 'defineEntity' : 'EntitySchema'
    const calls = at.type === 'CallExpression' || at.type === 'NewExpression'
    if (calls && at.callee.type === 'Identifier' && at.callee.name === called) found.push(at)
    childrenOf(at).forEach(visit)
  }
  visit(program)
  return found
}
