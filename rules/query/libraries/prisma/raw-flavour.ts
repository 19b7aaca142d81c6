import { type Flavour, plain } from '../../../sql/flavour.ts'
import { type Token, tokensOf } from '../../../sql/lexer.ts'
import { splitName } from '../../../tenancy/names.ts'
import type { Tenancy } from '../../../tenancy/tenancy.ts'

const mysql: Flavour = { ...plain, dialect: 'mysql' }

/** After these words stands the name of a relation. */
const relationAfter = /^(?:from|join|update|into)$/i

/**
 * Which database a raw text of Prisma is for, as far as the text shows; a program does not say. PostgreSQL takes no backticks, and would
 * look for `Enrollment` under `enrollment`: where only the name as it is written is one of the tenancy model, the database keeps its case.
 */
export function rawFlavour(text: string, tenancy: Tenancy): Flavour {
  const tokens = tokensOf([text], plain).filter(({ kind }) => kind !== 'space' && kind !== 'comment')
  if (tokens.some(({ kind, text: sign }) => kind === 'sign' && sign === '`')) return mysql
  // Double quotes stand around names in PostgreSQL, and around text in MySQL.
  if (tokens.some((token, index) => token.kind === 'name' && isName(tokens, index))) return plain
  const isKept = tokens.some(
    ({ kind, text: word }, index) =>
      kind === 'word' &&
      relationAfter.test(tokens[index - 1]?.text ?? '') &&
      isStored(word, tenancy) &&
      !isStored(word.toLowerCase(), tenancy),
  )
  return isKept ? mysql : plain
}

/** Does a quoted token certainly name a relation or a column: `FROM "Task"`, `t."teamId"`? */
function isName(tokens: readonly Token[], index: number): boolean {
  const before = tokens[index - 1]?.text ?? ''
  return before === '.' || relationAfter.test(before) || tokens[index + 1]?.text === '.'
}

/** Is it the name that the database has, rather than that of a model? */
function isStored(name: string, tenancy: Tenancy): boolean {
  const relation = tenancy.find(`"${name}"`)
  return relation !== null && splitName(relation.name).name === name
}
