import type { RelationShape } from './shape.ts'
import { isIdentity, wordsOf } from './vocabulary.ts'

/** `users`, and `user_records` with an e-mail address. `team_users` joins teams and users: a membership, no identity. */
export function isPerson({ name, columns, references }: RelationShape): boolean {
  const named =
    isIdentity(name) ||
    (wordsOf(name).some(isIdentity) && columns.some((column) => /^e_?mail(_?address)?$/i.test(column.name)))
  return named && !references.some(({ to }) => to !== name && isIdentity(to))
}
