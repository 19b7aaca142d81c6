import type { TSESTree } from '@typescript-eslint/utils'
import { unwrap } from '../../../source/children.ts'
import type { Definition } from '../../../source/definition.ts'
import type { ExtractionScope } from '../../library.ts'
import { isClass, targetNamed, targetOf, targetOfDefinition, type Target } from './target.ts'
import { firstArgument, inheritedArgument, targetOfType } from './type-argument.ts'

/** What a TypeORM call is made on. */
export type Receiver =
  /** A repository, or an entity class with the active-record methods. `target` is null where its entity cannot be told. */
  | { readonly kind: 'repository'; readonly target: Target | null }
  /** An entity manager, data source, connection or query runner: the entity is an argument. */
  | { readonly kind: 'manager' }
  /** A query builder that was made out of sight. */
  | { readonly kind: 'builder' }

const manager: Receiver = { kind: 'manager' }

const packages = /^(@[\w-]+\/typeorm|typeorm)(\/|$)/

/** Name of what is imported from TypeORM; null: something else. */
export const typeormName = (definition: Definition): string | null =>
  definition.kind === 'import' && packages.test(definition.module) ? definition.name : null

const repositories = /^(Repository|TreeRepository|AbstractRepository)$/
const managers = /^(EntityManager|DataSource|Connection|QueryRunner)$/
const builders = /^(\w*QueryBuilder|WhereExpression(Builder)?)$/

/** Names under which programs keep a data source or manager; they count where the call's other parts are TypeORM's. */
const conventional = /(^|\.)(\w*[dD]ataSource|connection|(entity)?[mM]anager|queryRunner)(\(\))?$/

const isRepositoryClass = (definition: Definition): boolean =>
  repositories.test(typeormName(definition) ?? '')

const isEntityBase = (definition: Definition): boolean => typeormName(definition) === 'BaseEntity'

/** Null: nothing of TypeORM. */
export function receiverOf(node: TSESTree.Node, scope: ExtractionScope): Receiver | null {
  const bare = unwrap(node, true)
  if (bare.type === 'Super') return fromBase(bare, scope)
  return fromDefinition(scope.definitionOf(bare), selfOf(bare, scope), scope)
}

/** `super.find(…)` in a repository class. */
function fromBase(node: TSESTree.Node, scope: ExtractionScope): Receiver | null {
  let at: TSESTree.Node | undefined = node
  while (at != null && !isClass(at)) at = at.parent
  return at == null ? null : fromClass(scope.definitionOf(at), scope)
}

/** The class through which a member is reached: that of `this` in `this.repository`. */
function selfOf(node: TSESTree.Node, scope: ExtractionScope): Definition | null {
  let at = node
  while (at.type === 'MemberExpression') at = unwrap(at.object)
  const definition = at.type === 'ThisExpression' ? scope.definitionOf(at) : null
  return definition?.kind === 'typed' ? definition.type : null
}

function fromDefinition(
  definition: Definition,
  self: Definition | null,
  scope: ExtractionScope,
): Receiver | null {
  switch (definition.kind) {
    case 'typed':
      return fromType(definition, self, scope)
    case 'instance':
      return fromClass(definition.of, scope)
    case 'class':
      // `User.find(…)`: the class itself; a repository class has no static methods of that kind.
      return inheritedArgument(definition, isEntityBase) === null
        ? null
        : { kind: 'repository', target: targetOfDefinition(definition, scope) }
    case 'call':
      return fromCall(definition, self, scope)
    case 'callbackParameter':
      return isMemberOf(definition.callee, /^(transaction|runInTransaction)$/, self, scope) ? manager : null
    case 'member':
      return fromMember(definition, self, scope)
    default:
      return null
  }
}

function fromType(
  { type, annotation, module }: Extract<Definition, { kind: 'typed' }>,
  self: Definition | null,
  scope: ExtractionScope,
): Receiver | null {
  if (isRepositoryClass(type)) {
    const argument = annotation === undefined ? null : firstArgument(annotation, repositories)
    const target = argument === null ? null : targetOfType({ type: argument, module: module! }, self, scope)
    return { kind: 'repository', target }
  }
  return fromClass(type, scope)
}

/** Something that is an object of this class. */
function fromClass(definition: Definition, scope: ExtractionScope): Receiver | null {
  const library = typeormName(definition)
  if (library !== null) {
    if (managers.test(library)) return manager
    if (builders.test(library)) return { kind: 'builder' }
    return repositories.test(library) ? { kind: 'repository', target: null } : null
  }
  if (definition.kind === 'class') {
    const argument = inheritedArgument(definition, isRepositoryClass)
    if (argument === null) return inheritsUnseenRepository(definition, scope)
    const target = argument === 'none' ? null : targetOfType(argument, null, scope)
    return { kind: 'repository', target }
  }
  return definition.kind === 'import' ? unseenRepository(definition.name, scope) : null
}

function inheritsUnseenRepository(
  definition: Extract<Definition, { kind: 'class' }>,
  scope: ExtractionScope,
): Receiver | null {
  const isUnseen = (base: Definition): boolean =>
    base.kind === 'import' && /typeorm\w*repository$/i.test(base.name)
  const argument = inheritedArgument(definition, isUnseen)
  if (argument === null) return null
  return { kind: 'repository', target: argument === 'none' ? null : targetOfType(argument, null, scope) }
}

/** A repository class that could not be read: its name says that it is TypeORM's, and the tenancy model knows its entity. */
function unseenRepository(name: string, scope: ExtractionScope): Receiver | null {
  const subject =
    /^typeorm(\w+)repository$/i.exec(name)?.[1] ?? /^(\w+?)TypeOrm\w*Repository$/.exec(name)?.[1]
  if (subject === undefined) return null
  return { kind: 'repository', target: targetNamed(subject, null, scope) }
}

const managerMakers = /^(getConnection|createConnection|getManager|getEntityManager|createQueryRunner)$/
const repositoryMakers = /^(getRepository|getTreeRepository|getCustomRepository)$/

function fromCall(
  { callee, node, module }: Extract<Definition, { kind: 'call' }>,
  self: Definition | null,
  scope: ExtractionScope,
): Receiver | null {
  const [argument] = node.arguments
  const library = typeormName(callee)
  if (library !== null) {
    if (managerMakers.test(library)) return manager
    return repositoryMakers.test(library) ? repositoryFor(argument, module, scope) : null
  }
  if (callee.kind !== 'member') return null
  const holder = fromDefinition(callee.object, self, scope)
  if (repositoryMakers.test(callee.name)) {
    if (holder?.kind !== 'manager' && !isConventional(callee.object)) return null
    return repositoryFor(argument, module, scope)
  }
  if (holder === null) return null
  if (/^(createQueryRunner|initialize|connect)$/.test(callee.name)) return manager
  if (callee.name === 'withRepository' && argument !== undefined) {
    return fromDefinition(scope.definitionIn(argument, module), null, scope)
  }
  return callee.name === 'extend' ? holder : null
}

function repositoryFor(
  argument: TSESTree.Node | undefined,
  module: string,
  scope: ExtractionScope,
): Receiver {
  if (argument === undefined) return { kind: 'repository', target: null }
  const definition = scope.definitionIn(argument, module)
  const custom = definition.kind === 'class' ? fromClass(definition, scope) : null
  if (custom !== null) return custom
  const target = module === scope.filename ? targetOf(argument, scope) : targetOfDefinition(definition, scope)
  return { kind: 'repository', target }
}

function fromMember(
  { object, name }: Extract<Definition, { kind: 'member' }>,
  self: Definition | null,
  scope: ExtractionScope,
): Receiver | null {
  // A field of a base class that could not be read: its name says what it is, the type argument of whom.
  if (/typeorm\w*repository$/i.test(name) && object.kind === 'typed' && self?.kind === 'class') {
    const argument = inheritedArgument(self, (base) => base.kind === 'import')
    return {
      kind: 'repository',
      target: argument === null || argument === 'none' ? null : targetOfType(argument, null, scope),
    }
  }
  if (!/^(manager|queryRunner|connection)$/.test(name)) return null
  return fromDefinition(object, self, scope) === null ? null : manager
}

function isMemberOf(
  callee: Definition,
  name: RegExp,
  self: Definition | null,
  scope: ExtractionScope,
): boolean {
  const library = typeormName(callee)
  if (library !== null) return name.test(library)
  if (callee.kind !== 'member' || !name.test(callee.name)) return false
  return fromDefinition(callee.object, self, scope)?.kind === 'manager' || isConventional(callee.object)
}

/** A name is all that is known of it. */
function isConventional(definition: Definition): boolean {
  switch (definition.kind) {
    case 'unknown':
      return conventional.test(definition.text)
    case 'parameter':
      return conventional.test(definition.name)
    case 'member':
      return conventional.test(definition.name)
    case 'import':
      // The name of a default export is the importing file's to choose, and does not tell.
      return (
        !packages.test(definition.module) &&
        (conventional.test(definition.name) || (definition.local && definition.name === 'default'))
      )
    default:
      return false
  }
}
