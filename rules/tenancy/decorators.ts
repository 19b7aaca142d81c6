import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction, memberName } from '../source/binding.ts'
import { childrenOf, unwrap } from '../source/children.ts'
import type { Definition } from '../source/definition.ts'
import type { SourceModule } from '../source/module.ts'
import type { Literals, Located } from './literals.ts'

/** A decorator as the ORM sees it: a project's own decorator counts as those that it applies. */
export interface AppliedDecorator {
  /** The package that it comes from; null when that could not be seen, and only the name speaks. */
  readonly package: string | null
  readonly name: string
  readonly arguments: DecoratorArguments
}

/** Beyond this many decorators that wrap each other, nothing is recognised any more. */
const deepest = 4

/** Says which decorators of which package stand on a class or member. */
export class DecoratorReader {
  readonly #literals: Literals
  readonly #packages: RegExp

  /** `packages`: those whose decorators are looked for inside a project's own ones. */
  constructor(literals: Literals, packages: RegExp) {
    this.#literals = literals
    this.#packages = packages
  }

  decoratorsOf(
    node: { readonly decorators?: readonly TSESTree.Decorator[] },
    module: SourceModule,
  ): readonly AppliedDecorator[] {
    return (node.decorators ?? []).flatMap(({ expression }) => {
      const call = unwrap(expression)
      const callee = call.type === 'CallExpression' ? call.callee : call
      const given = call.type === 'CallExpression' ? located(call.arguments, module) : []
      return this.#applied({ node: callee, module }, given, 0)
    })
  }

  #applied(callee: Located, given: readonly Located[], depth: number): AppliedDecorator[] {
    const definition = this.#literals.definer.define(callee.node, callee.module)
    if (definition.kind === 'function') {
      const inner = this.#inside(definition, given, depth)
      if (inner.length > 0) return inner
    }
    const own = packageOf(definition)
    const name = own?.name ?? nameOf(callee.node)
    if (name === null) return []
    return [{ package: own?.package ?? null, name, arguments: new DecoratorArguments(this.#literals, given) }]
  }

  /** Decorators of the ORM that a function of the project applies, with what it was given passed on. */
  #inside(
    wrapper: Extract<Definition, { kind: 'function' }>,
    given: readonly Located[],
    depth: number,
  ): AppliedDecorator[] {
    const module = this.#literals.definer.moduleOf(wrapper.module)
    if (module === null || depth >= deepest || !isFunction(wrapper.node)) return []
    const parameters = new Map(
      wrapper.node.params.flatMap((parameter, index) => {
        const name = parameter.type === 'AssignmentPattern' ? parameter.left : parameter
        return name.type === 'Identifier' ? [[name.name, given[index] ?? null] as const] : []
      }),
    )
    return callsIn(wrapper.node.body)
      .filter(({ callee }) => /^[A-Z]/.test(nameOf(callee) ?? ''))
      .flatMap((call) => {
        const fixed = located(call.arguments, module).map((argument) => this.#passed(argument, parameters))
        const all = [...given, ...fixed.filter((argument) => argument !== null && !given.includes(argument))]
        return this.#applied({ node: call.callee, module }, all as Located[], depth + 1)
      })
      .filter((found) => found.package !== null && this.#packages.test(found.package))
  }

  /** A parameter stands for what was given for it, null for nothing. */
  #passed(argument: Located, parameters: ReadonlyMap<string, Located | null>): Located | null {
    const node = unwrap(argument.node)
    if (node.type === 'Identifier' && parameters.has(node.name)) return parameters.get(node.name)!
    if (node.type !== 'MemberExpression' || node.object.type !== 'Identifier') return argument
    if (!parameters.has(node.object.name)) return argument
    return this.#literals.property(parameters.get(node.object.name)!, memberName(node) ?? '')
  }
}

/**
 * What a decorator was given. Every ORM here tells its arguments apart by their type rather than by their place: texts,
 * functions, and objects of options, of which an earlier one wins over a later one.
 */
export class DecoratorArguments {
  readonly #literals: Literals
  readonly #given: readonly Located[]

  constructor(literals: Literals, given: readonly Located[]) {
    this.#literals = literals
    this.#given = given
  }

  /** The texts among the arguments. */
  get texts(): readonly string[] {
    return this.#given.flatMap((argument) => this.#literals.text(argument) ?? [])
  }

  /** The functions among the arguments. */
  get functions(): readonly Located[] {
    return this.#given.filter((argument) => isFunction(this.#literals.resolve(argument).node))
  }

  /** Everything that is no object of options, in order. */
  get plain(): readonly Located[] {
    return this.#given.filter((argument) => !this.#literals.isObject(argument))
  }

  get objects(): readonly Located[] {
    return this.#given
      .flatMap((argument) => this.#literals.elements(argument))
      .filter((argument) => this.#literals.isObject(argument))
  }

  option(name: string): Located | null {
    for (const object of this.objects) {
      const found = this.#literals.property(object, name)
      if (found !== null) return found
    }
    return null
  }

  text(name: string): string | null {
    return this.#literals.text(this.option(name))
  }

  flag(name: string): boolean | null {
    return this.#literals.flag(this.option(name))
  }
}

/** The package behind `Column`, `orm.Column` or `typeorm.Column`. */
function packageOf(definition: Definition): { readonly package: string; readonly name: string } | null {
  if (definition.kind === 'import' && !definition.local)
    return { package: definition.module, name: definition.name }
  if (definition.kind !== 'member' || definition.object.kind !== 'import' || definition.object.local)
    return null
  return { package: definition.object.module, name: definition.name }
}

function nameOf(node: TSESTree.Node): string | null {
  const bare = unwrap(node)
  if (bare.type === 'Identifier') return bare.name
  return bare.type === 'MemberExpression' ? memberName(bare) : null
}

function located(nodes: readonly TSESTree.Node[], module: SourceModule): Located[] {
  return nodes.map((node) => ({ node, module }))
}

function callsIn(node: TSESTree.Node): TSESTree.CallExpression[] {
  const found: TSESTree.CallExpression[] = []
  const visit = (at: TSESTree.Node): void => {
    if (at.type === 'CallExpression') found.push(at)
    childrenOf(at).forEach(visit)
  }
  visit(node)
  return found
}
