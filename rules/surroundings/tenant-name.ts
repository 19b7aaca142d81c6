import type { TSESTree } from '@typescript-eslint/utils'
import { calleeName } from '../source/callee.ts'
import { memberName } from '../source/binding.ts'
import { unwrap } from '../source/children.ts'
import type { Tenancy } from '../tenancy/tenancy.ts'

const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')

const singular = (name: string): string => name.replace(/ies$/, 'y').replace(/s$/, '')

const words = new WeakMap<Tenancy, readonly string[]>()

/**
 * What this code base calls its tenants, in lower case without separators: `clinic` and `clinicid` for a root `clinics` and columns
 * `clinic_id`.
 */
export function tenantWords(tenancy: Tenancy): readonly string[] {
  const known = words.get(tenancy)
  if (known !== undefined) return known
  const columns = tenancy.tenantColumns.map(plain)
  const root = tenancy.tenantRoot === null ? null : tenancy.find(tenancy.tenantRoot)
  const roots = [tenancy.tenantRoot, root?.model ?? null].flatMap((name) =>
    name === null ? [] : [singular(plain(name.split('.').at(-1)!))],
  )
  const stems = columns
    .map((column) => column.replace(/(id|uuid|key)$/, ''))
    .filter((stem) => stem.length > 2)
  const found = [...new Set([...columns, ...roots, ...stems, 'tenant'])]
  words.set(tenancy, found)
  return found
}

/** Does a name stand for the tenant itself: `clinicId`, `clinic`, `currentClinicId`, `clinic_slug`? */
export function isTenantName(name: string, tenancy: Tenancy): boolean {
  const own = plain(name)
  return tenantWords(tenancy).some(
    (word) =>
      own === word ||
      own.replace(/^(the|my|current|active|acting|selected|default|session|request|req|ctx)/, '') === word ||
      (own.startsWith(word) &&
        /^(id|ids|uuid|key|slug|name|ref|identifier|handle|subdomain|domain)$/.test(
          own.slice(word.length),
        )) ||
      (own.endsWith(`${word}id`) && own.length - word.length < 12),
  )
}

/** Is a value the tenant by the names that lead to it: `clinicId`, `request.clinic.id`, `session.clinic.slug`? */
export function isNamedTenant(given: TSESTree.Node, tenancy: Tenancy): boolean {
  const node = unwrap(given, true)
  switch (node.type) {
    case 'Identifier':
      return isTenantName(node.name, tenancy)
    case 'MemberExpression': {
      const name = memberName(node)
      if (name !== null && isTenantName(name, tenancy)) return true
      return name !== null && /^(id|uuid|slug|key|name|publicId|subdomain)$/.test(name)
        ? isNamedTenant(node.object, tenancy)
        : false
    }
    case 'CallExpression': {
      const callee = unwrap(node.callee)
      const name = calleeName(node)
      if (name !== null && isTenantName(name.replace(/^(get|current|require|use|find|read)/, ''), tenancy))
        return true
      // `String(clinicId)`, `clinicId.toString()`, `hash(clinicId)`
      const object = callee.type === 'MemberExpression' && isNamedTenant(callee.object, tenancy)
      return object || node.arguments.some((one) => isNamedTenant(one, tenancy))
    }
    case 'LogicalExpression':
      return isNamedTenant(node.left, tenancy) || isNamedTenant(node.right, tenancy)
    case 'TemplateLiteral':
      return node.expressions.some((one) => isNamedTenant(one, tenancy))
    default:
      return false
  }
}
