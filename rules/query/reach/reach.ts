import { relative } from 'node:path'
import type { TSESTree } from '@typescript-eslint/utils'
import { type Binding, type FunctionNode, isFunction } from '../../source/binding.ts'
import { unwrap } from '../../source/children.ts'
import { isConstant, linted, type SourceModule } from '../../source/module.ts'
import { placeOf } from '../../provenance/place.ts'
import type { QueryContext } from '../context.ts'
import type { Judged, JudgedQuery } from '../judge.ts'
import { functionsAround, handlerAround, hasActor, isSelf, tenantNames } from './actor.ts'
import { type Caller, callersOf, nameOf } from './callers.ts'
import { type Exposure, type Step, worst } from './exposure.ts'
import { checkedAfter, guardOf } from './guards.ts'
import type { SideFiles } from './side-files.ts'
import { steeringOf, type SteeringValue } from './steering.ts'

/** Calls from an entry point to a query; longer chains are not followed. */
const depthLimit = 6

/** A parameter of a function, or a member of it, in the file of the function. */
interface ParameterPlace {
  readonly binding: Extract<Binding, { kind: 'parameter' }>
  readonly path: readonly string[]
}

/** One look at a query from where it stands, towards the entry points that lead to it. */
interface Look {
  readonly isRead: boolean
  readonly path: readonly Step[]
  readonly visited: ReadonlySet<TSESTree.Node>
}

/** Finds out who steers the queries of one file. */
export class Reach {
  readonly #file: QueryContext
  readonly #files: SideFiles
  readonly #known = new Map<Judged, Exposure>()

  constructor(file: QueryContext, files: SideFiles) {
    this.#file = file
    this.#files = files
  }

  exposureOf(judged: JudgedQuery, mention: Judged): Exposure {
    const known = this.#known.get(mention)
    if (known !== undefined) return known
    const found = this.#exposure(judged, mention)
    this.#known.set(mention, found)
    return found
  }

  #exposure(judged: JudgedQuery, mention: Judged): Exposure {
    const at = judged.query.node
    const look: Look = {
      isRead: mention.occurrence.access === 'read',
      path: [this.#stepAt(at, this.#file)],
      visited: new Set(),
    }
    const values = steeringOf(judged, mention)
    const states = values.flatMap((value) => {
      const state = this.#ofSteering(value, at, mention, look)
      return state === null ? [] : [{ value, state }]
    })
    const binding = states.find(({ value, state }) => state.kind === 'derived' && isIdentifying(value.column))
    if (binding !== undefined) return binding.state
    const ignored = this.#ignoredTenant(at)
    const found = worst(states.map(({ state }) => state))
    if (found === null) return this.#unkeyed(at, look, ignored)
    if (found.kind === 'certain' || found.kind === 'guarded') return found
    if (ignored !== null && found.kind !== 'likely') return ignoredExposure(ignored, look)
    return found
  }

  /** No value picks the rows: all of them are read or written. */
  #unkeyed(at: TSESTree.Node, look: Look, ignored: string | null): Exposure {
    if (ignored !== null) return ignoredExposure(ignored, look)
    const handler = handlerAround(at)
    const { text } = this.#file.scope.sourceCode
    if (
      handler !== null &&
      isEntry(handler.function, this.#file) &&
      hasActor(handler.whole, text, this.#file.tenancy)
    ) {
      return { kind: 'likely', reason: 'no value picks its rows', path: look.path }
    }
    return { kind: 'unreached', reason: 'no value picks its rows, and no entry point of a user is in sight' }
  }

  #ofSteering(value: SteeringValue, at: TSESTree.Node, mention: Judged, look: Look): Exposure | null {
    if (value.isWritten) return { kind: 'derived', from: 'the row that the call writes' }
    if (value.column !== null && isSecret(value.column))
      return { kind: 'derived', from: `the secret \`${value.column}\`` }
    const { node, provenance } = value
    if (node === null) return provenance.kind === 'literal' ? null : ofProvenance(provenance.kind)
    return this.#ofValue(node, at, this.#file, look, [], mention)
  }

  /** Where a value comes from, as seen from `at`; null for what the program itself wrote. */
  #ofValue(
    given: TSESTree.Node,
    at: TSESTree.Node,
    file: QueryContext,
    look: Look,
    members: readonly string[],
    mention: Judged,
  ): Exposure | null {
    const node = unwrap(given, true)
    const parts = partsOf(node, file)
    if (parts !== null) {
      const all = parts.map((part) => this.#ofValue(part, at, file, look, members, mention))
      return worst(all.filter((one) => one !== null))
    }
    if (file.proofs.factsAt(node, at).length > 0) return { kind: 'derived', from: 'a row of the tenant' }
    const provenance = file.scope.provenanceOf(node)
    switch (provenance.kind) {
      case 'literal':
        return null
      case 'trusted':
        return { kind: 'derived', from: 'the authenticated tenant' }
      case 'row':
        return { kind: 'derived', from: 'a row that was read' }
      case 'request':
        return this.#ofRequest(node, at, file, look, provenance.path)
      case 'parameter':
        return this.#ofParameter(node, at, file, look, members, mention)
      case 'unknown':
        return this.#ofUnknown(node, file, provenance.path)
    }
  }

  #ofRequest(
    node: TSESTree.Node,
    at: TSESTree.Node,
    file: QueryContext,
    look: Look,
    value: string,
  ): Exposure {
    const guard = guardOf(node, at, file)
    if (guard !== null) return { kind: 'guarded', by: guard }
    const handler = handlerAround(at)
    const { text } = file.scope.sourceCode
    if (handler === null || !hasActor(handler.whole, text, file.tenancy)) {
      return { kind: 'unreached', reason: 'the entry point has no authenticated actor in sight' }
    }
    return { kind: 'certain', value, path: look.path }
  }

  #ofUnknown(node: TSESTree.Node, file: QueryContext, path: string): Exposure {
    if (isSelf(path)) return { kind: 'derived', from: 'whoever is logged in' }
    const { base } = this.#placeOf(node, file)
    const call = node.type === 'CallExpression' ? node : base.kind === 'call' ? base.node : null
    if (call === null) return { kind: 'unreached', reason: `\`${path}\` could not be followed` }
    const definition = file.scope.definitionOf(call.callee)
    const isOwn = definition.kind === 'function' || (definition.kind === 'import' && definition.local)
    if (isOwn)
      return { kind: 'derived', from: `what \`${file.scope.sourceCode.getText(call.callee)}\` returned` }
    return { kind: 'unreached', reason: `\`${path}\` could not be followed` }
  }

  #placeOf(node: TSESTree.Node, file: QueryContext): ReturnType<typeof placeOf> {
    const { sourceCode } = file.scope
    return placeOf(node, moduleOf(file), (identifier) => isConstant(sourceCode, identifier))
  }

  #ofParameter(
    node: TSESTree.Node,
    at: TSESTree.Node,
    file: QueryContext,
    look: Look,
    members: readonly string[],
    mention: Judged,
  ): Exposure {
    const place = this.#placeOf(node, file)
    const path = place.path.join('.')
    if (isSelf([...place.path, ...members].join('.'))) return this.#self(mention)
    if (place.base.kind !== 'parameter')
      return { kind: 'unreached', reason: `\`${path}\` could not be followed` }
    const guard = guardOf(node, at, file)
    if (guard !== null) return { kind: 'guarded', by: guard }
    const { binding } = place.base
    if (isServerAction(binding.function, file)) return this.#ofRequest(node, at, file, look, path)
    const names = [...place.path.slice(1), ...members].filter((name) => name !== '*')
    return this.#ofCallers({ binding, path: names }, file, look, mention)
  }

  /** A row of one's own is no other tenant's, unless the relation carries a tenant and one person may act in several. */
  #self({ ownership }: Judged): Exposure {
    return ownership.kind === 'owned'
      ? { kind: 'unreached', reason: 'it is bound to the logged-in user, not to the tenant' }
      : { kind: 'derived', from: 'whoever is logged in' }
  }

  #ofCallers({ binding, path }: ParameterPlace, file: QueryContext, look: Look, mention: Judged): Exposure {
    const target = binding.function
    const outside: Exposure = { kind: 'unreached', reason: 'its callers are not in sight' }
    if (look.visited.size >= depthLimit || look.visited.has(target)) return outside
    const { callers } = callersOf(target, file, this.#files)
    const visited = new Set([...look.visited, target])
    const states = callers.map((caller) => {
      const next: Look = { ...look, visited, path: [this.#stepAt(caller.call, caller.file), ...look.path] }
      return this.#ofCaller(caller, binding, path, next, mention)
    })
    return worst(states.filter((one) => one !== null)) ?? outside
  }

  #ofCaller(
    { call, file }: Caller,
    binding: ParameterPlace['binding'],
    path: readonly string[],
    look: Look,
    mention: Judged,
  ): Exposure | null {
    const spread = call.arguments.findIndex((argument) => argument.type === 'SpreadElement')
    if (spread >= 0 && spread <= binding.index)
      return { kind: 'unreached', reason: 'its arguments are spread' }
    let value: TSESTree.Node | undefined = call.arguments[binding.index]
    let rest = path
    while (value !== undefined && rest.length > 0) {
      const view = file.scope.objectOf(value)
      if (view === null) break
      const [name, ...further] = rest
      const property = view.properties.findLast((one) => one.name === name)
      if (property === undefined && view.open.length > 0) break
      value = property?.value
      rest = further
    }
    if (value === undefined) return null
    const checked = look.isRead ? checkedAfter(call, file) : null
    if (checked !== null) return { kind: 'guarded', by: checked }
    return this.#ofValue(value, call, file, look, rest, mention)
  }

  /** A tenant that is a parameter of the function around the query, which the query ignores. */
  #ignoredTenant(at: TSESTree.Node): string | null {
    const names = tenantNames(this.#file.tenancy)
    for (const around of functionsAround(at)) {
      for (const parameter of around.params) {
        const found = namesIn(parameter).find((name) => names.test(name))
        if (found !== undefined) return found
      }
    }
    return null
  }

  #stepAt(node: TSESTree.Node, file: QueryContext): Step {
    const { filename } = file.scope
    const around = functionsAround(node)
    const named = around.map(nameOf).find((one) => one !== null)
    const shown = relative(this.#files.project.root, filename)
    const [outermost] = around.slice(-1)
    const name = named?.name ?? (outermost === undefined ? 'the module' : 'a handler')
    return { name, file: shown, line: node.loc.start.line }
  }
}

function ignoredExposure(tenant: string, look: Look): Exposure {
  return { kind: 'likely', reason: `\`${tenant}\` is in scope, and the query ignores it`, path: look.path }
}

function ofProvenance(kind: string): Exposure {
  if (kind === 'row') return { kind: 'derived', from: 'a row that was read' }
  if (kind === 'trusted') return { kind: 'derived', from: 'the authenticated tenant' }
  return { kind: 'unreached', reason: 'the value has no expression of its own' }
}

const modules = new WeakMap<QueryContext, SourceModule>()

function moduleOf(file: QueryContext): SourceModule {
  const known = modules.get(file)
  if (known !== undefined) return known
  const made = linted(file.scope.sourceCode, file.scope.filename)
  modules.set(file, made)
  return made
}

/** Names that a parameter's pattern brings into scope. */
function namesIn(pattern: TSESTree.Node): readonly string[] {
  switch (pattern.type) {
    case 'Identifier':
      return [pattern.name]
    case 'AssignmentPattern':
      return namesIn(pattern.left)
    case 'ObjectPattern':
      return pattern.properties.flatMap((property) =>
        property.type === 'Property' ? namesIn(property.value) : namesIn(property.argument),
      )
    case 'TSParameterProperty':
      return namesIn(pattern.parameter)
    default:
      return []
  }
}

/** The values that an expression is made of; null when it is one value itself. */
function partsOf(node: TSESTree.Node, file: QueryContext): readonly TSESTree.Node[] | null {
  switch (node.type) {
    case 'TemplateLiteral':
      return node.expressions
    case 'BinaryExpression':
      return [node.left, node.right]
    case 'ConditionalExpression':
      return [node.consequent, node.alternate]
    case 'LogicalExpression':
      return [node.left, node.right]
    case 'ArrayExpression':
      return node.elements.filter((one) => one !== null)
    case 'SpreadElement':
      return [node.argument]
    case 'ObjectExpression':
      return (file.scope.objectOf(node)?.properties ?? []).map(({ value }) => value)
    default:
      return null
  }
}

/** Does a column name rows rather than describe them? */
function isIdentifying(column: string | null): boolean {
  return column !== null && /(?:id|uuid|key|slug|email|name|code|token|number|domain)s?$/i.test(column)
}

/** What only its holder knows: whoever has it may see the row. */
function isSecret(column: string): boolean {
  return /token|secret|hash|signature|nonce|password|otp|api_?key/i.test(column)
}

/** Exported from a file of server actions: whoever can send a request calls it, with any arguments. */
function isServerAction(node: FunctionNode, file: QueryContext): boolean {
  const { ast } = file.scope.sourceCode
  const isDirective = (statement: TSESTree.Node | undefined): boolean =>
    statement?.type === 'ExpressionStatement' &&
    statement.expression.type === 'Literal' &&
    statement.expression.value === 'use server'
  if (node.body.type === 'BlockStatement' && isDirective(node.body.body[0])) return true
  if (!isDirective(ast.body[0])) return false
  const holder = node.type === 'FunctionDeclaration' ? node.parent : node.parent.parent?.parent
  return holder?.type === 'ExportNamedDeclaration' || holder?.type === 'ExportDefaultDeclaration'
}

const requestLike = /^(?:req|request|_req|c|ctx|context|event|params|searchParams|input|parsedInput|opts)$/

/** Is the function called by the framework with what a user sent? */
function isEntry(node: FunctionNode, file: QueryContext): boolean {
  if (isServerAction(node, file)) return true
  const isRequest = node.params.some((parameter) => namesIn(parameter).some((name) => requestLike.test(name)))
  return isRequest && !isFunction(node.parent)
}
