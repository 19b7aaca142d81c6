import type { TSESTree } from '@typescript-eslint/utils'
import type { Definition } from '../../../source/definition.ts'
import type { TenancyRelation } from '../../../tenancy/tenancy.ts'
import type { ExtractionScope } from '../../library.ts'
import { snakeCase } from '../../naming.ts'

/** The entity that a repository or builder works on. */
export interface Target {
  /** Null: the tenancy model does not name it. */
  readonly relation: TenancyRelation | null
  /** Table or class name, as far as the program tells. */
  readonly name: string
}

type ClassNode = TSESTree.ClassDeclaration | TSESTree.ClassExpression

export function isClass(node: TSESTree.Node | undefined): node is ClassNode {
  return node?.type === 'ClassDeclaration' || node?.type === 'ClassExpression'
}

/** The entity that a definition names: a class, a class of a module that could not be read, or `typeof` one. Null: none. */
export function targetOfDefinition(definition: Definition, scope: ExtractionScope): Target | null {
  switch (definition.kind) {
    case 'class': {
      if (!isClass(definition.node) || definition.node.id === null) return null
      return targetNamed(definition.node.id.name, tableOf(definition.node), scope)
    }
    case 'import':
      return definition.name === 'default' || definition.name === '*'
        ? null
        : targetNamed(definition.name, null, scope)
    case 'member':
      // `entities.User` of a module that could not be read.
      return definition.object.kind === 'import' && /^[A-Z]/.test(definition.name)
        ? targetNamed(definition.name, null, scope)
        : null
    case 'typed':
      return targetOfDefinition(definition.type, scope)
    case 'unknown':
      return /^[A-Z]\w*$/.test(definition.text) ? targetNamed(definition.text, null, scope) : null
    default:
      return null
  }
}

/** `User`, `'User'`, `'users'`, `UserSchema` as an argument. Null: which entity it is shows only at run time. */
export function targetOf(node: TSESTree.Node, scope: ExtractionScope): Target | null {
  const constant = scope.constantOf(node)?.value
  if (typeof constant === 'string') return targetNamed(constant, null, scope)
  return targetOfDefinition(scope.definitionOf(node), scope)
}

/** By class name, by the table that its decorator names, or by the table that TypeORM's naming strategy makes of it. */
export function targetNamed(name: string, table: string | null, scope: ExtractionScope): Target {
  const { tenancy } = scope
  const snake = snakeCase(name)
  const byModel = [...tenancy.relations.values()].find(({ model }) => model === name) ?? null
  const byTable = table === null ? null : tenancy.find(table)
  const relation = byModel ?? byTable ?? tenancy.find(name) ?? tenancy.find(snake)
  return { relation, name: table ?? name }
}

/** `@Entity('users')`, `@Entity({ name: 'users', tableName: 'users' })`. */
function tableOf(node: ClassNode): string | null {
  for (const { expression } of node.decorators ?? []) {
    if (expression.type !== 'CallExpression' || expression.callee.type !== 'Identifier') continue
    if (!/Entity$/.test(expression.callee.name)) continue
    for (const argument of expression.arguments) {
      if (argument.type === 'Literal' && typeof argument.value === 'string') return argument.value
      const name = argument.type === 'ObjectExpression' ? nameIn(argument) : null
      if (name !== null) return name
    }
  }
  return null
}

function nameIn(object: TSESTree.ObjectExpression): string | null {
  for (const property of object.properties) {
    if (property.type !== 'Property' || property.key.type !== 'Identifier') continue
    if (!/^(name|tableName)$/.test(property.key.name)) continue
    if (property.value.type === 'Literal' && typeof property.value.value === 'string')
      return property.value.value
  }
  return null
}
