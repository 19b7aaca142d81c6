import type { Schema } from '../../rules/schema/schema.ts'

/**
 * A schema without what the two readers may tell differently: places, owners that only a server knows, and the spelling
 * of expressions, which the server prints anew.
 */
export function pictureOf(schema: Schema): unknown {
  const withoutOrigin = (key: string, value: unknown): unknown => (key === 'origin' ? undefined : value)
  const tables = schema.tables.map(({ owner: _owner, policies, columns, keys, indexes, ...table }) => ({
    ...table,
    columns: columns
      .map((column) => ({ ...column, default: column.default === null ? null : 'some' }))
      .toSorted(byName),
    keys: keys
      .map((key) => ({
        ...key,
        columns: key.columns.map(spelling),
        ...('predicate' in key ? { predicate: key.predicate === null ? null : 'some' } : {}),
      }))
      .toSorted(byName),
    indexes: indexes.map((index) => ({ ...index, columns: index.columns.map(spelling) })).toSorted(byName),
    policies: policies
      .map(({ using, check, ...policy }) => ({ ...policy, using: using !== null, check: check !== null }))
      .toSorted(byName),
  }))
  const views = schema.views.map(({ owner: _owner, text: _text, block, ...view }) => ({
    ...view,
    block: block !== null,
  }))
  const functions = schema.functions.map(({ owner: _owner, body: _body, ...routine }) => routine)
  const grants = schema.grants
    .filter(({ objectKind }) => objectKind === 'table')
    .map((grant) => JSON.stringify(grant, withoutOrigin))
    .toSorted()
  return JSON.parse(JSON.stringify({ tables, views, functions, grants }, withoutOrigin))
}

const spelling = (column: string): string => (column.startsWith('(') ? '(expression)' : column)

const byName = (left: { readonly name: string }, right: { readonly name: string }): number =>
  left.name < right.name ? -1 : 1
