import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction, keyName } from '../source/binding.ts'
import { returnsOf, unwrap } from '../source/children.ts'
import type { SourceModule } from '../source/module.ts'
import type { AppliedDecorator, DecoratorReader } from './decorators.ts'
import type { Literals, Located } from './literals.ts'

export type ClassNode = TSESTree.ClassDeclaration | TSESTree.ClassExpression

/** A class of the scanned files, with what stands on it. */
export interface EntityClass {
  readonly name: string
  readonly node: ClassNode
  readonly module: SourceModule
  readonly decorators: readonly AppliedDecorator[]
}

/** A property (or getter) with decorators, its own or inherited. */
export interface EntityMember {
  readonly property: string
  readonly decorators: readonly AppliedDecorator[]
  /** Written with `?`. */
  readonly optional: boolean
  /** The annotated type, null without one. */
  readonly type: Located | null
}

/** What a class inherits from, nearest first, and the names of parents that were not found. */
export interface Lineage {
  readonly classes: readonly EntityClass[]
  readonly lost: readonly string[]
}

/** Beyond this many parents, a class is not followed. */
const deepest = 30

/** The classes of a project, with what they inherit across files, packages and mixins. */
export class EntityClasses {
  readonly all: readonly EntityClass[]
  readonly #literals: Literals
  readonly #decorators: DecoratorReader
  readonly #byName = new Map<string, EntityClass[]>()
  readonly #byNode = new Map<TSESTree.Node, EntityClass>()

  constructor(modules: readonly SourceModule[], literals: Literals, decorators: DecoratorReader) {
    this.#literals = literals
    this.#decorators = decorators
    this.all = modules.flatMap((module) => classesIn(module.program).map((node) => this.#of(node, module)))
    for (const one of this.all) this.#byName.set(one.name, [...(this.#byName.get(one.name) ?? []), one])
  }

  /** The class that an expression names: by following its import, else the only one of that name in the files. */
  find(at: Located): EntityClass | null {
    const { node, module } = this.#literals.resolve(at)
    if (node.type === 'ClassDeclaration' || node.type === 'ClassExpression') return this.#of(node, module)
    const named = this.#byName.get(this.#literals.nameOf(at) ?? '') ?? []
    // Two classes of one name in different packages: either could be meant.
    return named.length === 1 ? named[0]! : null
  }

  /** The class itself, then its parents. */
  lineageOf(start: EntityClass): Lineage {
    const classes: EntityClass[] = []
    const lost: string[] = []
    const visit = (one: EntityClass, passed: ReadonlyMap<string, Located>): void => {
      if (classes.includes(one) || classes.length > deepest) return
      classes.push(one)
      const { superClass } = one.node
      if (superClass !== null) follow({ node: superClass, module: one.module }, passed)
    }
    const follow = (at: Located, passed: ReadonlyMap<string, Located>): void => {
      const bare = unwrap(at.node)
      const argument = bare.type === 'Identifier' ? passed.get(bare.name) : undefined
      if (argument !== undefined) return follow(argument, new Map())
      if (bare.type === 'CallExpression') return mixin({ node: bare, module: at.module }, bare, passed)
      const found = this.find(at)
      if (found !== null) visit(found, new Map())
      else if (!this.#isOfPackage(at)) lost.push(this.#literals.nameOf(at) ?? 'an expression')
    }
    /** `extends Tenanted(Base)`: the class that the function returns, and what it was given as base. */
    const mixin = (
      at: Located,
      call: TSESTree.CallExpression,
      passed: ReadonlyMap<string, Located>,
    ): void => {
      const made = this.#literals.resolve({ node: call.callee, module: at.module })
      const given = call.arguments.map(
        (node): Located => passed.get(identifierOf(node)) ?? { node, module: at.module },
      )
      const body = isFunction(made.node) ? returnsOf(made.node)[0] : undefined
      const inner = body === undefined ? null : this.find({ node: body, module: made.module })
      if (inner === null || !isFunction(made.node)) return given.forEach((one) => follow(one, passed))
      const names = made.node.params.map(identifierOf)
      visit(inner, new Map(given.map((one, index) => [names[index] ?? '', one] as const)))
    }
    visit(start, new Map())
    return { classes, lost }
  }

  /** Members with decorators of a lineage; what is nearer replaces what it inherits. */
  membersOf(classes: readonly EntityClass[]): readonly EntityMember[] {
    const members = new Map<string, EntityMember>()
    for (const one of classes.toReversed()) {
      for (const member of this.#own(one)) members.set(member.property, member)
    }
    return [...members.values()]
  }

  #own({ node, module }: EntityClass): EntityMember[] {
    return node.body.body.flatMap((element): EntityMember[] => {
      if (!('decorators' in element) || element.decorators.length === 0 || !('key' in element)) return []
      const property = keyName(element.key, element.computed)
      if (property === null) return []
      const type = 'typeAnnotation' in element ? (element.typeAnnotation?.typeAnnotation ?? null) : null
      return [
        {
          property,
          decorators: this.#decorators.decoratorsOf(element, module),
          optional: 'optional' in element && element.optional === true,
          type: type === null ? null : { node: type, module },
        },
      ]
    })
  }

  /** A base class that a library brings along holds no columns of the project. */
  #isOfPackage(at: Located): boolean {
    const definition = this.#literals.definer.define(unwrap(at.node), at.module)
    return definition.kind === 'import' && /^(typeorm|@mikro-orm\/|sequelize)/.test(definition.module)
  }

  #of(node: ClassNode, module: SourceModule): EntityClass {
    const known = this.#byNode.get(node)
    if (known !== undefined) return known
    const made: EntityClass = {
      name: node.id?.name ?? nameAround(node) ?? 'default',
      node,
      module,
      decorators: this.#decorators.decoratorsOf(node, module),
    }
    this.#byNode.set(node, made)
    return made
  }
}

function identifierOf(node: TSESTree.Node): string {
  return node.type === 'Identifier' ? node.name : ''
}

/** `const Team = class { … }`. */
function nameAround({ parent }: ClassNode): string | null {
  return parent.type === 'VariableDeclarator' && parent.id.type === 'Identifier' ? parent.id.name : null
}

/** Classes at the top level of a module. */
function classesIn(program: TSESTree.Program): ClassNode[] {
  return program.body.flatMap((statement): readonly ClassNode[] => {
    const exported =
      statement.type === 'ExportNamedDeclaration' || statement.type === 'ExportDefaultDeclaration'
    const declaration = exported ? statement.declaration : statement
    if (declaration === null) return []
    if (declaration.type === 'VariableDeclaration') {
      return declaration.declarations.flatMap(({ init }) => (init?.type === 'ClassExpression' ? [init] : []))
    }
    return declaration.type === 'ClassDeclaration' ? [declaration] : []
  })
}
