import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction, memberName } from '../source/binding.ts'
import { returnsOf, unwrap } from '../source/children.ts'
import { snakeCase } from '../tenancy/case.ts'
import type { Tenancy, TenancyRelation } from '../tenancy/tenancy.ts'
import { mapped } from '../query/rows.ts'
import type { FileView } from './file.ts'
import { readRowOf } from './row.ts'
import { isNamedTenant, isTenantName } from './tenant-name.ts'

/** One value of a payload, and the name that it goes by there. */
export interface Carried {
  readonly name: string
  readonly value: TSESTree.Node
}

export interface Payload {
  readonly carried: readonly Carried[]
  /** Something in it could not be seen through, and may hold the tenant. */
  readonly open: boolean
}

const depthLimit = 8

/** The values of a payload, through objects, arrays, spreads, validators (`schema.parse({ … })`) and constants. */
export function payloadOf(given: TSESTree.Node, { scope }: FileView): Payload {
  const carried: Carried[] = []
  let open = false
  const visit = (at: TSESTree.Node, name: string, depth: number): void => {
    const bare = unwrap(at, true)
    const node = scope.resolve(bare)
    if (depth > depthLimit) return void (open = true)
    if (node.type === 'ObjectExpression') {
      const view = scope.objectOf(node)
      if (view === null || view.open.length > 0) open = true
      return view?.properties.forEach((one) => visit(one.value, one.name, depth + 1))
    }
    const element = mapped(node)
    if (element !== null) return returnsOf(element).forEach((one) => visit(one, name, depth + 1))
    if (node.type === 'ArrayExpression') {
      const view = scope.arrayOf(node)
      if (view === null || view.open.length > 0) open = true
      return view?.elements.forEach((one) => visit(one.value, name, depth + 1))
    }
    const wrapped = node.type === 'CallExpression' ? packed(node) : null
    if (wrapped !== null) return visit(wrapped, name, depth + 1)
    if (name === '') open = true
    carried.push({ name: name === '' ? nameOf(bare) : name, value: bare })
  }
  visit(given, '', 0)
  return { carried, open }
}

/** What `JSON.stringify(x)`, `schema.parse(x)` hand on. */
function packed(node: TSESTree.CallExpression): TSESTree.Node | null {
  const callee = unwrap(node.callee)
  const name = callee.type === 'MemberExpression' ? memberName(callee) : null
  const [first] = node.arguments
  if (first === undefined || first.type === 'SpreadElement' || isFunction(first)) return null
  return /^(stringify|parse|serialize)$/.test(name ?? '') ? first : null
}

const nameOf = (node: TSESTree.Node): string =>
  node.type === 'Identifier' ? node.name : node.type === 'MemberExpression' ? (memberName(node) ?? '') : ''

/** Does one of the values tell the tenant? A row told as a whole brings its tenant key. */
export function tellsTenant({ carried }: Payload, file: FileView): boolean {
  const { scope, tenancy } = file
  return carried.some(({ name, value }) => {
    if (isTenantName(name, tenancy) || isNamedTenant(value, tenancy)) return true
    if (scope.provenanceOf(value).kind === 'trusted') return true
    const row = readRowOf(value, file)
    if (row === null || row.path.length > 0) return false
    return row.columns === null || row.columns.some((column) => isTenantName(column, tenancy))
  })
}

/** A value that stands for rows of a tenant, and whose they are. */
export interface OwnedPart extends Carried {
  readonly relation: TenancyRelation
}

/** The ids and rows of tenant-owned relations in a payload, told by the query that read them or by their names. */
export function ownedParts({ carried }: Payload, file: FileView): readonly OwnedPart[] {
  return carried.flatMap((one): OwnedPart[] => {
    const relation = relationRead(one, file) ?? relationNamed(one, file.tenancy)
    return relation !== null && isOwned(relation) ? [{ ...one, relation }] : []
  })
}

const isOwned = ({ ownership }: TenancyRelation): boolean =>
  ownership.kind === 'owned' || ownership.kind === 'through'

/** The relation of a row, and of its key. */
function relationRead({ value }: Carried, file: FileView): TenancyRelation | null {
  const row = readRowOf(value, file)
  if (row === null || row.path.length > 1) return null
  const { schema, name } = row.mention.occurrence.relation
  const relation = file.tenancy.find(schema === null ? name : `${schema}.${name}`)
  const [field] = row.path
  if (relation === null || field === undefined) return relation
  return relation.key.includes(file.tenancy.columnOf(relation.name, field)) ? relation : null
}

/** `patientId`, `patient_ids`, and `patient.id`. */
function relationNamed({ name, value }: Carried, tenancy: Tenancy): TenancyRelation | null {
  const holder = value.type === 'MemberExpression' ? unwrap(value.object) : null
  const member = value.type === 'MemberExpression' ? memberName(value) : null
  const told = holder?.type === 'Identifier' && /^(id|uuid)$/.test(member ?? '') ? `${holder.name}Id` : null
  for (const one of [name, told]) {
    const stem = one === null ? null : /^(\w+?)_?(?:ids?|uuids?|Ids?|IDs?|Uuids?)$/.exec(one)?.[1]
    const found = stem == null ? null : relationCalled(stem, tenancy)
    if (found !== null) return found
  }
  return null
}

function relationCalled(stem: string, tenancy: Tenancy): TenancyRelation | null {
  const snake = snakeCase(stem)
  const names = [stem, snake].flatMap((one) => [one, `${one}s`, `${one.replace(/y$/, '')}ies`])
  return names.map((one) => tenancy.find(one)).find((one) => one !== null) ?? null
}
