import type { TSESTree } from '@typescript-eslint/utils'
import { type FunctionNode, keyName } from '../../source/binding.ts'
import { contains, unwrap } from '../../source/children.ts'
import type { Definition } from '../../source/definition.ts'
import type { QueryContext } from '../context.ts'
import { type CallLike, callsByName } from './calls.ts'
import { importKey } from './indexed.ts'
import { makersOf, messagesOf } from './messages.ts'
import type { Project } from './project.ts'
import type { SideFiles } from './side-files.ts'

/** A call of a function, in the analysis of the file that it stands in. */
export interface Caller {
  readonly call: CallLike
  readonly file: QueryContext
  /** Nothing but its name says that it is this function's, and it is a name that many files call. */
  readonly isGuess?: true
}

export interface Callers {
  readonly callers: readonly Caller[]
  /** False: there may be more than could be looked at. */
  readonly complete: boolean
}

/** How a function can be called by others. */
export interface Named {
  readonly name: string
  /** A method or a member of an object: its receiver may be of a type that is not in sight. */
  readonly isMember: boolean
  /** The class whose method it is. */
  readonly className: string | null
  /** What that class implements and extends: whoever calls it may know no more of it. */
  readonly bases: readonly string[]
  /** What the name stands for: the function, or the call that wraps it. */
  readonly node: TSESTree.Node
}

/** Files that call something of the same name; beyond this, it alone does not tell for certain whose it is. */
const guessLimit = 8

/** Files that call something of the same name; beyond this the name tells nothing. */
const fileLimit = 60

/** The name under which a function is known: its own, that of its constant or member, also through a wrapper around it. */
export function nameOf(node: FunctionNode): Named | null {
  if (node.type === 'FunctionDeclaration') {
    return node.id === null ? null : { name: node.id.name, isMember: false, className: null, bases: [], node }
  }
  let at: TSESTree.Node = node
  for (let depth = 0; depth < 4; depth++) {
    const parent: TSESTree.Node | undefined = at.parent
    switch (parent?.type) {
      case 'VariableDeclarator':
        return parent.id.type === 'Identifier'
          ? { name: parent.id.name, isMember: false, className: null, bases: [], node: at }
          : null
      case 'MethodDefinition':
      case 'PropertyDefinition':
      case 'Property': {
        const name = keyName(parent.key, parent.computed)
        return name === null ? null : { name, isMember: true, ...classAround(parent), node: at }
      }
      case 'CallExpression':
        if (!parent.arguments.includes(at as TSESTree.CallExpressionArgument)) return null
        at = parent
        continue
      case 'TSAsExpression':
      case 'TSSatisfiesExpression':
      case 'AwaitExpression':
        at = parent
        continue
      default:
        return null
    }
  }
  return null
}

function classAround(member: TSESTree.Node): Pick<Named, 'className' | 'bases'> {
  const owner = member.parent?.type === 'ClassBody' ? member.parent.parent : null
  if (owner === null) return { className: null, bases: [] }
  const bases = [owner.superClass, ...owner.implements.map(({ expression }) => expression)]
  return {
    className: owner.id?.name ?? null,
    bases: bases.flatMap((one) => (one?.type === 'Identifier' ? [one.name] : [])),
  }
}

/** The calls of a function in its own file and in the rest of the project. */
export function callersOf(node: FunctionNode, file: QueryContext, files: SideFiles): Callers {
  const messages = messagesOf(node)
  if (messages.length > 0) {
    return { callers: messages.flatMap((one) => makersOf(one, file, files)), complete: true }
  }
  const named = nameOf(node)
  if (named === null) return { callers: [], complete: true }
  const { filenames, complete } = filesToLookAt(named, file, files)
  const others = filenames.flatMap((filename) => {
    const from = files.analysisOf(filename)
    return from === null ? [] : callsOf(named, node, file, from, files)
  })
  rememberCallers(named, file, files, [...new Set(others.map((caller) => caller.file.scope.filename))])
  return { callers: [...callsOf(named, node, file, file, files), ...others], complete }
}

/** Which other files may call the function. */
function filesToLookAt(
  named: Named,
  file: QueryContext,
  files: SideFiles,
): { readonly filenames: readonly string[]; readonly complete: boolean } {
  const own = file.scope.filename
  const { filesCalling, speaksOf, ancestorsOf } = files.project
  const { className, bases, name } = named
  const known = knownCallers(named, file, files)
  const all = new Set([...filesCalling(name), ...filesCalling(importKey(own))])
  all.delete(own)
  // A name of one word is taken for this method only where the receiver is known, so its class is spoken of.
  const types = className === null ? [] : new Set([className, ...bases, ...ancestorsOf(className)])
  const others =
    className === null || isPhrase(name)
      ? [...all]
      : [...all].filter((filename) => [...types].some((type) => speaksOf(filename, type)))
  const complete = others.length <= fileLimit
  return { filenames: known ?? others.slice(0, fileLimit), complete }
}

/** Which files turned out to call a function, until any file of the project changes. Many queries are reached through the same few. */
interface KnownOf {
  readonly text: string
  readonly byFunction: Map<string, readonly string[]>
}
const known = new WeakMap<object, Map<string, KnownOf>>()

const keyOf = ({ name, node }: Named): string => `${name} ${node.range.join(' ')}`

function knownCallers(named: Named, { scope }: QueryContext, files: SideFiles): readonly string[] | null {
  const ofFile = known.get(files.project.state)?.get(scope.filename)
  if (ofFile?.text !== scope.sourceCode.text) return null
  return ofFile.byFunction.get(keyOf(named)) ?? null
}

function rememberCallers(
  named: Named,
  { scope }: QueryContext,
  files: SideFiles,
  callers: readonly string[],
): void {
  const { state } = files.project
  const byFile = known.get(state) ?? new Map<string, KnownOf>()
  known.set(state, byFile)
  const { text } = scope.sourceCode
  const before = byFile.get(scope.filename)
  const ofFile = before?.text === text ? before : { text, byFunction: new Map<string, readonly string[]>() }
  byFile.set(scope.filename, ofFile)
  ofFile.byFunction.set(keyOf(named), callers)
}

function callsOf(
  named: Named,
  target: FunctionNode,
  home: QueryContext,
  from: QueryContext,
  { project }: SideFiles,
): readonly Caller[] {
  const calls = callsByName(from.scope.sourceCode)
  return localNames(named, home, from)
    .flatMap((name) => calls.get(name) ?? [])
    .filter((call) => from !== home || !contains(target, call))
    .flatMap((call): readonly Caller[] => {
      const how = isCallOf(call, named, target, home, from, project)
      if (how === false) return []
      const isGuess = how === 'named' && project.filesCalling(named.name).length > guessLimit
      return [{ call, file: from, ...(isGuess && { isGuess }) }]
    })
}

/** Under which names a file may call it: its own, and those that imports give it. */
function localNames(named: Named, home: QueryContext, from: QueryContext): readonly string[] {
  const names = new Set([named.name])
  const key = importKey(home.scope.filename)
  for (const statement of from.scope.sourceCode.ast.body) {
    if (statement.type !== 'ImportDeclaration') continue
    for (const specifier of statement.specifiers) {
      const isDefault =
        specifier.type === 'ImportDefaultSpecifier' && importKey(statement.source.value) === key
      const isRenamed =
        specifier.type === 'ImportSpecifier' &&
        specifier.imported.type === 'Identifier' &&
        specifier.imported.name === named.name
      if (isDefault || isRenamed) names.add(specifier.local.name)
    }
  }
  return [...names]
}

function isCallOf(
  call: CallLike,
  named: Named,
  target: FunctionNode,
  home: QueryContext,
  from: QueryContext,
  project: Project,
): boolean | 'named' {
  const callee = call.type === 'JSXOpeningElement' ? call.name : unwrap(call.callee)
  const definition = from.scope.definitionOf(callee)
  const isHere = (module: string, node: TSESTree.Node): boolean =>
    module === home.scope.filename && (isSame(node, target) || isSame(node, named.node))
  switch (definition.kind) {
    case 'function':
    case 'value':
      return isHere(definition.module, definition.node)
    case 'call':
      // A constant that a wrapper made: `export const getTask = cache(async (id) => …)`.
      return definition.module === home.scope.filename && contains(definition.node, target)
    case 'import':
      return definition.local && definition.name === named.name && definition.module === home.scope.filename
    case 'member':
    case 'unknown': {
      const isOther = !named.isMember || callee.type !== 'MemberExpression' || !mayBe(definition)
      if (isOther || isQuery(call, from)) return false
      if (isOfBase(definition, named, project) || isNamedAfter(callee.object, definition, named)) return true
      return isTelling(named.name) ? 'named' : false
    }
    default:
      return false
  }
}

/** `store.remove(id)`, where `store` is of a type that the class of the method implements or extends, itself or through others. */
function isOfBase(definition: Definition, { className, bases }: Named, project: Project): boolean {
  if (definition.kind !== 'member' || definition.object.kind !== 'typed') return false
  const { type } = definition.object
  const id = type.kind === 'class' && 'id' in type.node ? type.node.id : null
  if (id?.type !== 'Identifier') return false
  return bases.includes(id.name) || (className !== null && project.ancestorsOf(className).has(id.name))
}

/** A call that a library answers is no call of a method that is named like the library's. */
function isQuery(call: CallLike, { sites }: QueryContext): boolean {
  return sites.some(({ node, queries }) => node === call && queries.length > 0)
}

const isSame = (one: TSESTree.Node, other: TSESTree.Node): boolean =>
  one.range[0] === other.range[0] && one.range[1] === other.range[1]

/** A receiver of which nothing is known may be of any type; one from a package is not of the project's. */
function mayBe(definition: Definition): boolean {
  switch (definition.kind) {
    case 'member':
      return mayBe(definition.object)
    case 'call':
    case 'callbackParameter':
      return mayBe(definition.callee)
    case 'instance':
      return mayBe(definition.of)
    case 'typed':
      return mayBe(definition.type)
    case 'import':
      return definition.local
    case 'value':
    case 'function':
      return false
    case 'class':
    case 'parameter':
    case 'unknown':
      return true
  }
}

/** `orderStore.findById(id)`, `db.orders.findById(id)`: of no known type, but named as the class `OrderStore` or its relation is. */
function isNamedAfter(receiver: TSESTree.Node, definition: Definition, { className, bases }: Named): boolean {
  if (definition.kind === 'member' && definition.object.kind === 'typed') return false
  const object = unwrap(receiver)
  const name =
    object.type === 'Identifier'
      ? object.name
      : object.type === 'MemberExpression'
        ? keyName(object.property, object.computed)
        : null
  const bare = name?.replace(/^[#_]+|s$/g, '').toLowerCase() ?? ''
  return bare.length >= 3 && [className, ...bases].some((one) => one?.toLowerCase().includes(bare))
}

/** A name of several words is hardly the name of two methods, unless every store has a method of that name. */
const isTelling = (name: string): boolean =>
  isPhrase(name) && wordsIn(name).some((word) => !usual.has(word.toLowerCase()))

const isPhrase = (name: string): boolean => wordsIn(name).length >= 2

const wordsIn = (name: string): readonly string[] => name.split(/(?=[A-Z])|_/)

const usual = new Set(
  'find get fetch load read list query search count exists has create add insert save store update set upsert edit patch delete remove destroy by for with and or id ids one all many first last or fail item items row rows record records entity entities'.split(
    ' ',
  ),
)
