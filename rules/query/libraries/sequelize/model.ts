import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../../../source/binding.ts'
import { unwrap } from '../../../source/children.ts'
import type { Definition } from '../../../source/definition.ts'
import type { TenancyRelation } from '../../../tenancy/tenancy.ts'
import type { ExtractionScope } from '../../library.ts'

/** A Sequelize model as the program names it. */
export interface Model {
  /** Null: chosen at run time. */
  readonly name: string | null
  /** Null: the tenancy model does not name it. */
  readonly relation: TenancyRelation | null
  /** `certain`: it is a model by its class or by how it was made. `likely`: a member of something that is called the models. */
  readonly client: 'certain' | 'likely'
  /** What the model is a member of, as source text. */
  readonly path: string
  /** A scope that filters the rows, out of sight. */
  readonly scoped: TSESTree.Node | null
}

const packages = /^(sequelize|sequelize-typescript|@sequelize\/core)$/

/** Names under which programs keep their models. */
const holders = /^(models?|db|database|dbs|orm|sequelize|dbModels)$/i

/** The model that an expression stands for. Null: none, as far as can be told. */
export function modelOf(given: TSESTree.Node, scope: ExtractionScope): Model | null {
  const node = unwrap(given, true)
  if (node.type === 'CallExpression') {
    const wrapped = scopedModel(node, scope)
    if (wrapped !== null) return wrapped
  }
  const resolved = unwrap(scope.resolve(node), true)
  if (resolved !== node && resolved.type === 'CallExpression') {
    const wrapped = scopedModel(resolved, scope)
    if (wrapped !== null) return wrapped
  }
  const path = pathOf(node, scope)
  const name = definedName(scope.definitionOf(node), scope)
  if (name !== null) return modelNamed(name, 'certain', path, scope)
  return memberModel(node, scope) ?? memberModel(resolved, scope) ?? importedModel(node, scope)
}

const modelNamed = (name: string, client: Model['client'], path: string, scope: ExtractionScope): Model => ({
  name,
  relation: scope.tenancy.find(name),
  client,
  path,
  scoped: null,
})

function pathOf(node: TSESTree.Node, scope: ExtractionScope): string {
  return scope.pathOf(node.type === 'MemberExpression' ? node.object : node)
}

/** `Task.scope('open')`, `Task.unscoped()`, `Task.schema('archive')`, `sequelize.getRepository(Task)`. */
function scopedModel(node: TSESTree.CallExpression, scope: ExtractionScope): Model | null {
  const callee = unwrap(node.callee)
  if (callee.type !== 'MemberExpression') return null
  const method = memberName(callee) ?? ''
  if (method === 'getRepository') {
    const [model] = node.arguments
    return model === undefined || model.type === 'SpreadElement' ? null : modelOf(model, scope)
  }
  if (!/^(scope|unscoped|schema|withScope|withoutScope)$/.test(method)) return null
  const model = modelOf(callee.object, scope)
  if (model === null) return null
  return /^(scope|withScope)$/.test(method) && node.arguments.length > 0 ? { ...model, scoped: node } : model
}

/** A class that extends Sequelize's `Model`, or what `sequelize.define('task', …)` and `sequelize.model('task')` give. */
function definedName(definition: Definition, scope: ExtractionScope): string | null {
  switch (definition.kind) {
    case 'class':
      return isModelClass(definition) && 'id' in definition.node && definition.node.id?.type === 'Identifier'
        ? definition.node.id.name
        : null
    case 'call': {
      const { callee, node } = definition
      if (callee.kind !== 'member' || !/^(define|model)$/.test(callee.name)) return null
      if (!isSequelize(callee.object)) return null
      const [first] = node.arguments
      const name = first === undefined ? null : scope.constantOf(first)?.value
      return typeof name === 'string' ? name : null
    }
    default:
      return null
  }
}

function isModelClass(definition: Definition, depth = 0): boolean {
  if (depth > 8) return false
  switch (definition.kind) {
    case 'class':
      return definition.extends !== null && isModelClass(definition.extends, depth + 1)
    case 'import':
      return packages.test(definition.module) && /^(Model|default|\*)$/.test(definition.name)
    case 'member':
      return definition.name === 'Model' && isModelPackage(definition.object)
    default:
      return false
  }
}

const isModelPackage = (definition: Definition): boolean =>
  definition.kind === 'import'
    ? packages.test(definition.module)
    : definition.kind === 'member' && isModelPackage(definition.object)

/** An instance of Sequelize, or something called so. */
export function isSequelize(definition: Definition): boolean {
  switch (definition.kind) {
    case 'instance':
      return isSequelizeClass(definition.of)
    case 'typed':
      return isSequelizeClass(definition.type)
    case 'parameter':
      return /sequelize$/i.test(definition.name)
    case 'unknown':
      return /sequelize$/i.test(definition.text)
    case 'member':
      return /sequelize$/i.test(definition.name)
    case 'import':
      return /sequelize$/i.test(definition.name) || (definition.local && /sequelize/i.test(definition.module))
    default:
      return false
  }
}

function isSequelizeClass(definition: Definition): boolean {
  switch (definition.kind) {
    case 'import':
      return packages.test(definition.module)
    case 'member':
      return isSequelizeClass(definition.object)
    case 'class':
      return definition.extends !== null && isSequelizeClass(definition.extends)
    case 'unknown':
      return /^Sequelize$/.test(definition.text)
    default:
      return false
  }
}

/** `options.database.task`, `db.models.Task`, `models[name]`. */
function memberModel(node: TSESTree.Node, scope: ExtractionScope): Model | null {
  if (node.type === 'MemberExpression') {
    const path = scope.pathOf(node.object)
    const last =
      path
        .replace(/\(.*\)$/s, '')
        .split('.')
        .at(-1) ?? ''
    if (!holders.test(last) && !isHolder(scope.definitionOf(node.object))) return null
    const constant = node.computed ? scope.constantOf(node.property)?.value : null
    const name = memberName(node) ?? (typeof constant === 'string' ? constant : null)
    if (name === null) return { name, relation: null, client: 'likely', path, scoped: null }
    if (/^(sequelize|models|Sequelize|connection|manager)$/.test(name)) return null
    return modelNamed(name, 'likely', path, scope)
  }
  if (node.type !== 'Identifier') return null
  // `const { task } = options.database`
  const definition = scope.definitionOf(node)
  if (definition.kind !== 'member' || !isHolder(definition.object)) return null
  return modelNamed(definition.name, 'likely', node.name, scope)
}

function isHolder(definition: Definition): boolean {
  switch (definition.kind) {
    case 'member':
      return holders.test(definition.name)
    case 'parameter':
      return holders.test(definition.name)
    case 'unknown':
      return holders.test(definition.text.split('.').at(-1) ?? '')
    case 'import':
      return /(^|\/)(models|db|database)(\/index(\.\w+)?)?$/i.test(definition.module)
    case 'call':
      return definition.callee.kind === 'member' && /database|models/i.test(definition.callee.name)
    default:
      return false
  }
}

/** `import { Task } from './models'`, where the module could not be read. */
function importedModel(node: TSESTree.Node, scope: ExtractionScope): Model | null {
  if (node.type !== 'Identifier') return null
  const definition = scope.definitionOf(node)
  if (definition.kind !== 'import' || !definition.local) return null
  const name = definition.name === 'default' || definition.name === '*' ? node.name : definition.name
  const relation = scope.tenancy.find(name)
  return relation?.model === name ? { name, relation, client: 'likely', path: node.name, scoped: null } : null
}
