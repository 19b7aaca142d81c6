import type { TSESTree } from '@typescript-eslint/utils'
import { unwrap } from '../../../source/children.ts'
import type { Definition } from '../../../source/definition.ts'
import type { ExtractionScope } from '../../library.ts'
import type { Receiver } from '../typeorm/receiver.ts'
import { isClass, targetNamed, targetOfDefinition } from '../typeorm/target.ts'
import { firstArgument, inheritedArgument, targetOfType, type TypePlace } from '../typeorm/type-argument.ts'

type MikroReceiver = Exclude<Receiver, { kind: 'builder' }>

const manager: MikroReceiver = { kind: 'manager' }

const repositories = /^(Sql)?EntityRepository$/
const managers = /^(Sql|Mongo)?EntityManager$|^MikroORM$/

const mikroName = (definition: Definition): string | null =>
  definition.kind === 'import' && /^@mikro-orm\//.test(definition.module) ? definition.name : null

const isRepositoryClass = (definition: Definition): boolean => repositories.test(mikroName(definition) ?? '')

/** A MikroORM repository or entity manager. Null: neither. */
export function mikroReceiverOf(node: TSESTree.Node, scope: ExtractionScope): MikroReceiver | null {
  const bare = unwrap(node, true)
  const definition = scope.definitionOf(bare)
  return (
    fromDefinition(definition, selfOf(bare, scope), scope) ??
    (isNamedManager(bare, definition, scope) ? manager : null)
  )
}

/** An `em` that stands alone, or that a context of the request hands out; a member of that name on any other object may be anything. */
const managerPath = /^em$|(^|[.#])(ctx|context|req|request|app|services|orm)\.em$/

/** Where the file uses MikroORM, `ctx.em` of unknown origin is what the library's documents call so. */
function isNamedManager(node: TSESTree.Node, definition: Definition, scope: ExtractionScope): boolean {
  const untold =
    /^(unknown|parameter|member|callbackParameter)$/.test(definition.kind) ||
    (definition.kind === 'import' && definition.local)
  return untold && managerPath.test(scope.pathOf(node)) && /['"]@mikro-orm\//.test(scope.sourceCode.text)
}

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
): MikroReceiver | null {
  switch (definition.kind) {
    case 'typed': {
      const { type, annotation, module } = definition
      if (!isRepositoryClass(type))
        return fromClass(
          type,
          annotation === undefined ? null : { type: annotation, module: module! },
          scope,
          self,
        )
      const argument = annotation === undefined ? null : firstArgument(annotation, repositories)
      const target = argument === null ? null : targetOfType({ type: argument, module: module! }, self, scope)
      return { kind: 'repository', target }
    }
    case 'instance':
      return fromClass(definition.of, null, scope)
    case 'call':
      return fromCall(definition, self, scope)
    case 'callbackParameter': {
      const { callee } = definition
      const isTransaction = callee.kind === 'member' && /^(transactional|fork)$/.test(callee.name)
      return isTransaction && fromDefinition(callee.object, self, scope) !== null ? manager : null
    }
    case 'member':
      return fromMember(definition, self, scope)
    default:
      return null
  }
}

function fromClass(
  definition: Definition,
  annotation: TypePlace | null,
  scope: ExtractionScope,
  self: Definition | null = null,
): MikroReceiver | null {
  const library = mikroName(definition)
  if (library !== null) return managers.test(library) ? manager : null
  if (definition.kind === 'class') {
    const argument = inheritedArgument(definition, isRepositoryClass)
    if (argument === null) return null
    return {
      kind: 'repository',
      target:
        argument === 'none'
          ? genericTarget(annotation, definition, self, scope)
          : (targetOfType(argument, null, scope) ?? genericTarget(annotation, definition, self, scope)),
    }
  }
  if (definition.kind !== 'import') return null
  const subject = /^mikroorm(\w+)repository$/i.exec(definition.name)?.[1]
  if (subject === undefined) return null
  return {
    kind: 'repository',
    target: genericTarget(annotation, definition, self, scope) ?? targetNamed(subject, null, scope),
  }
}

/** `BaseRepository<User>`, where the base class hands its parameter on. */
function genericTarget(
  annotation: TypePlace | null,
  definition: Definition,
  self: Definition | null,
  scope: ExtractionScope,
) {
  const parameters =
    definition.kind === 'class' && isClass(definition.node) ? definition.node.typeParameters : undefined
  if (annotation?.type.type !== 'TSTypeReference' || parameters === undefined) return null
  const [argument] = annotation.type.typeArguments?.params ?? []
  return argument === undefined
    ? null
    : targetOfType({ type: argument, module: annotation.module }, self, scope)
}

function fromCall(
  { callee, node, module }: Extract<Definition, { kind: 'call' }>,
  self: Definition | null,
  scope: ExtractionScope,
): MikroReceiver | null {
  if (callee.kind !== 'member') return null
  const [argument] = node.arguments
  if (
    /^(init|initSync|getEntityManager|currentRequestContext)$/.test(callee.name) &&
    mikroName(callee.object) !== null
  ) {
    return manager
  }
  const holder = fromDefinition(callee.object, self, scope)
  if (holder === null) return null
  if (/^(fork|getContext|getEntityManager)$/.test(callee.name)) return manager
  if (callee.name !== 'getRepository' || argument === undefined) return null
  return { kind: 'repository', target: targetOfDefinition(scope.definitionIn(argument, module), scope) }
}

function fromMember(
  { object, name }: Extract<Definition, { kind: 'member' }>,
  self: Definition | null,
  scope: ExtractionScope,
): MikroReceiver | null {
  if (name === 'em') return fromDefinition(object, self, scope) === null ? null : manager
  if (/mikroorm\w*repository$/i.test(name) && object.kind === 'typed' && self?.kind === 'class') {
    const argument = inheritedArgument(self, (base) => base.kind === 'import')
    return {
      kind: 'repository',
      target: argument === null || argument === 'none' ? null : targetOfType(argument, null, scope),
    }
  }
  return null
}
