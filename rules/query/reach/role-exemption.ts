import type { TSESTree } from '@typescript-eslint/utils'
import { leaves } from '../../provenance/guard.ts'
import { someBelow } from '../../source/below.ts'
import { type FunctionNode, isFunction, keyName } from '../../source/binding.ts'
import { childrenOf, unwrap } from '../../source/children.ts'
import type { QueryContext } from '../context.ts'
import { calledFunction } from './called-function.ts'
import { calleeName } from '../../source/callee.ts'
import { namesIn } from './entry.ts'
import { namesActorOrTenant } from './handed-actor.ts'
import { onlyTells } from './refusal.ts'
import { type RoleTest, roleTestOf } from './role-test.ts'

/**
 * Does a check let whole roles of a tenant pass before it looks at the value that it is handed?
 * `if (member.role !== 'owner') { if (!member.projects.includes(projectId)) throw … }` refuses an owner nothing, and a stranger to the
 * row's tenant may be the owner of another one. `isHanded` tells the value among the arguments.
 */
export function exemptsRoles(
  call: TSESTree.CallExpression,
  isHanded: (node: TSESTree.Node) => boolean,
  file: QueryContext,
): boolean {
  const target = calledFunction(call, file)
  if (target === null || !isFunction(target.node)) return false
  const handed = call.arguments.flatMap((argument, index) =>
    someBelow(argument, isHanded)
      ? [namesOf(argument, (target.node as FunctionNode).params[index], isHanded)]
      : [],
  )
  const names = handed.flatMap((one) => one ?? [])
  // What is handed under a name that is not in sight may be looked at anywhere.
  if (names.length === 0 || handed.includes(null)) return false
  const text = file.scope.textOf(target.node, target.module)
  if (text === null) return false
  const uses = new Uses(names, target.node, text, file)
  return uses.areExempt()
}

/** Under which names a parameter gives the value that an argument holds; null when that is not in sight. */
function namesOf(
  argument: TSESTree.Node,
  parameter: TSESTree.Node | undefined,
  isHanded: (node: TSESTree.Node) => boolean,
): readonly string[] | null {
  if (parameter === undefined) return null
  const object = unwrap(argument)
  if (object.type !== 'ObjectExpression') {
    return parameter.type === 'ObjectPattern' ? null : namesIn(parameter)
  }
  if (parameter.type !== 'ObjectPattern') return null
  const keys = object.properties.flatMap((property) =>
    property.type === 'Property' && someBelow(property.value, isHanded)
      ? [keyName(property.key, property.computed)]
      : [],
  )
  const names = parameter.properties.flatMap((property) =>
    property.type === 'Property' && keys.includes(keyName(property.key, property.computed))
      ? namesIn(property.value)
      : [],
  )
  return names.length === 0 ? null : names
}

/** Where a function looks at a value that it is handed, and at what it read by it. */
class Uses {
  readonly #names: Set<string>
  readonly #function: FunctionNode
  readonly #text: string
  readonly #file: QueryContext
  #free = false
  #exempt = false
  /** Whoever owns the value is let in by it. */
  #grants = false
  /** All others are turned away, but for a role that is let in whatever the value is. */
  #refusesOthers = false

  constructor(names: readonly string[], node: FunctionNode, text: string, file: QueryContext) {
    this.#names = new Set(names)
    this.#function = node
    this.#text = text
    this.#file = file
  }

  areExempt(): boolean {
    this.#visit(this.#function.body, false)
    return (this.#exempt || (this.#grants && this.#refusesOthers)) && !this.#free
  }

  #visit(node: TSESTree.Node, isExempt: boolean): void {
    switch (node.type) {
      case 'BlockStatement':
        this.#visitAll(node.body, isExempt)
        return
      case 'IfStatement':
        this.#visitIf(node, isExempt)
        return
      case 'ConditionalExpression': {
        const role = this.#roleIn(node.test)
        this.#visit(node.test, isExempt)
        this.#visit(node.consequent, isExempt || role === 'others')
        this.#visit(node.alternate, isExempt || role === 'privileged')
        return
      }
      case 'LogicalExpression': {
        const role = this.#roleIn(node)
        const skips = node.operator === '&&' ? role === 'others' : role === 'privileged'
        for (const side of [node.left, node.right]) this.#visit(side, isExempt || skips)
        return
      }
      case 'VariableDeclarator':
        this.#visitDeclarator(node, isExempt)
        return
      // What a refusal says of the value, it does not look at.
      case 'ThrowStatement':
        return
      case 'CallExpression':
        if (onlyTells(calleeName(node) ?? '')) return
        break
      case 'Identifier':
        this.#use(node, isExempt)
        return
      case 'MemberExpression':
        this.#visit(node.object, isExempt)
        if (node.computed) this.#visit(node.property, isExempt)
        return
      case 'Property':
        this.#visit(node.value, isExempt)
        return
    }
    for (const child of childrenOf(node)) this.#visit(child, isExempt)
  }

  #visitAll(statements: readonly TSESTree.Node[], isExempt: boolean): void {
    let isLeft = isExempt
    for (const statement of statements) {
      this.#visit(statement, isLeft)
      isLeft ||= this.#letsPass(statement)
    }
  }

  /** `if (member.role === 'owner') return`: for an owner the rest does not run. */
  #letsPass(statement: TSESTree.Node): boolean {
    return (
      statement.type === 'IfStatement' &&
      this.#roleIn(statement.test) === 'privileged' &&
      isPassing(statement.consequent)
    )
  }

  #visitIf({ test, consequent, alternate }: TSESTree.IfStatement, isExempt: boolean): void {
    const role = this.#roleIn(test)
    // `if (row.ownerId === userId) return` refuses nobody.
    if (role === null && alternate === null && isPassing(consequent) && this.#isOwn(test)) {
      this.#grants = true
      return
    }
    if (role === 'others' && leaves(consequent)) this.#refusesOthers = true
    if (!this.#asksForPresence(test)) this.#visitTest(test, isExempt || role === 'others')
    this.#visit(consequent, isExempt || role === 'others')
    if (alternate !== null) this.#visit(alternate, isExempt || role === 'privileged')
  }

  /** `if (isOwner || !ids.includes(id)) throw …` lets no owner pass. */
  #visitTest(test: TSESTree.Node, isExempt: boolean): void {
    const node = unwrap(test)
    if (node.type === 'LogicalExpression' && node.operator === '||') {
      this.#visitTest(node.left, isExempt)
      this.#visitTest(node.right, isExempt)
    } else {
      this.#visit(node, isExempt)
    }
  }

  /** `const project = await getProject(id)`: what is read by nothing but the value is looked at later, or never. */
  #visitDeclarator({ id, init }: TSESTree.VariableDeclarator, isExempt: boolean): void {
    if (init === null) return
    if (!isExempt && someBelow(init, (node) => this.#isTracked(node)) && !this.#namesAnother(init)) {
      for (const name of namesIn(id)) this.#names.add(name)
      return
    }
    this.#visit(init, isExempt)
  }

  #namesAnother(init: TSESTree.Node): boolean {
    const start = this.#function.range[0]
    return namesActorOrTenant(this.#text.slice(init.range[0] - start, init.range[1] - start), this.#file)
  }

  /** `ownerId === userId`: the value is somebody's, who asks. */
  #isOwn(test: TSESTree.Node): boolean {
    const node = unwrap(test)
    if (node.type !== 'BinaryExpression' || !/^===?$/.test(node.operator)) return false
    const [left, right] = [unwrap(node.left), unwrap(node.right)]
    const other = this.#isTracked(left) ? right : this.#isTracked(right) ? left : null
    return other !== null && other.type !== 'Literal'
  }

  #asksForPresence(test: TSESTree.Node): boolean {
    const node = unwrap(test)
    if (node.type === 'UnaryExpression' && node.operator === '!') return this.#asksForPresence(node.argument)
    return this.#isTracked(node)
  }

  #use(node: TSESTree.Node, isExempt: boolean): void {
    if (!this.#isTracked(node)) return
    if (isExempt) this.#exempt = true
    else this.#free = true
  }

  #isTracked(node: TSESTree.Node): boolean {
    return node.type === 'Identifier' && this.#names.has(node.name)
  }

  #roleIn(test: TSESTree.Node): RoleTest | null {
    return roleTestOf(test, this.#function.body)
  }
}

/** Does a branch come back without having refused: `return`, `return true`, `return next()`? */
function isPassing(branch: TSESTree.Node): boolean {
  const last = branch.type === 'BlockStatement' ? branch.body.at(-1) : branch
  if (last?.type !== 'ReturnStatement') return false
  const value = last.argument === null ? null : unwrap(last.argument, true)
  if (value === null) return true
  if (value.type === 'Literal') return value.value !== false && value.value !== null
  return (
    value.type === 'CallExpression' &&
    !/forbid|unauthori[sz]|error|deny|redirect|notFound/i.test(calleeName(value) ?? '')
  )
}
