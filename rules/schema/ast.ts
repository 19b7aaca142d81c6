import type { DefElem, Node, RangeVar, RoleSpec } from 'libpg-query'
import type { RelationName } from '../sql/statement.ts'

/** Strings of a list of `String` nodes: a qualified name, a column list. */
export function namesOf(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).flatMap((node) => ('String' in node ? [node.String.sval ?? ''] : []))
}

export function integerOf(node: Node | undefined): number | null {
  if (node === undefined) return null
  if ('Integer' in node) return node.Integer.ival ?? 0
  if ('A_Const' in node && node.A_Const.ival !== undefined) return node.A_Const.ival.ival ?? 0
  return null
}

/** Text of a string constant, boolean or bare word, as option lists and SET hold them. */
export function wordOf(node: Node | undefined): string | null {
  if (node === undefined) return null
  if ('String' in node) return node.String.sval ?? ''
  if ('Boolean' in node) return String(node.Boolean.boolval ?? false)
  if ('Integer' in node) return String(node.Integer.ival ?? 0)
  if ('TypeName' in node) return namesOf(node.TypeName.names).at(-1) ?? null
  if (!('A_Const' in node)) return null
  const constant = node.A_Const
  if (constant.sval !== undefined) return constant.sval.sval ?? ''
  if (constant.ival !== undefined) return String(constant.ival.ival ?? 0)
  if (constant.fval !== undefined) return constant.fval.fval ?? ''
  if (constant.boolval !== undefined) return String(constant.boolval.boolval ?? false)
  return null
}

export function optionsOf(nodes: readonly Node[] | undefined): DefElem[] {
  return (nodes ?? []).flatMap((node) => ('DefElem' in node ? [node.DefElem] : []))
}

/** A boolean option: absent argument means true, as in `WITH (security_barrier)`. */
export function flagOf(option: DefElem): boolean {
  const word = wordOf(option.arg)
  return word === null || ['true', 'on', 'yes', '1'].includes(word.toLowerCase())
}

export function itemsOf(node: Node | undefined): readonly Node[] {
  return node !== undefined && 'List' in node ? (node.List.items ?? []) : []
}

export function relationOf(range: RangeVar): RelationName {
  return { schema: range.schemaname ?? null, name: range.relname ?? '' }
}

/** A name as DROP and COMMENT hold it: a list of strings, the schema first. */
export function relationOfNames(names: readonly string[]): RelationName {
  return { schema: names.length > 1 ? names.at(-2)! : null, name: names.at(-1) ?? '' }
}

/** Name of a role; `public` for PUBLIC, null for CURRENT_USER and its kin, which depend on the session. */
export function roleOf(role: RoleSpec | undefined): string | null {
  if (role?.roletype === 'ROLESPEC_PUBLIC') return 'public'
  return role?.roletype === 'ROLESPEC_CSTRING' ? (role.rolename ?? null) : null
}

export function rolesOf(nodes: readonly Node[] | undefined, current: string | null): string[] {
  return (nodes ?? []).flatMap((node) =>
    'RoleSpec' in node ? [roleOf(node.RoleSpec) ?? current ?? 'current_user'] : [],
  )
}

/** Every relation mentioned below a node, names of common table expressions excluded where they are visible. */
export function relationsIn(node: unknown): RelationName[] {
  const found: RelationName[] = []
  const names = new Set<string>()
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit)
    else if (typeof value === 'object' && value !== null) {
      const record = value as Record<string, unknown>
      if ('CommonTableExpr' in record) names.add((record.CommonTableExpr as { ctename: string }).ctename)
      if ('RangeVar' in record) found.push(relationOf(record.RangeVar as RangeVar))
      else if ('relname' in record && 'relpersistence' in record) found.push(relationOf(record as RangeVar))
      Object.values(record).forEach(visit)
    }
  }
  visit(node)
  return found.filter(({ schema, name }) => schema !== null || !names.has(name))
}
