import type { IndexStmt, RangeVar } from 'libpg-query'
import { relationOf } from './ast.ts'
import { findTable, findView } from './draft.ts'
import { expressionColumn, nameFor } from './apply-table.ts'
import { namesOfElements } from './object-name.ts'
import { endOfElement, type Reading } from './reading.ts'
import { closeOf, isSymbol, isWord } from './tokens.ts'

/** Source texts of the elements in the column list of CREATE INDEX, without ASC, DESC and operator classes. */
function elementTexts(reading: Reading): string[] {
  const { tokens, text } = reading
  const on = tokens.findIndex((token) => isWord(token, 'on'))
  let open = tokens.findIndex((token, index) => index > on && isSymbol(token, '('))
  if (on < 0 || open < 0) return []
  const texts: string[] = []
  const close = closeOf(tokens, open) - 1
  while (open < close) {
    const end = endOfElement(tokens, open + 1)
    let last = open + 1
    // An expression is a parenthesis group or a function call: everything up to its closing parenthesis.
    while (last < end && !isSymbol(tokens[last], '(')) last++
    const stop = last < end ? closeOf(tokens, last) : open + 2
    texts.push(text.slice(tokens[open + 1]!.start, tokens[Math.min(stop, end) - 1]!.end))
    open = end
  }
  return texts
}

function predicateOf(reading: Reading): string | null {
  const { tokens, text } = reading
  let depth = 0
  for (const token of tokens) {
    if (isSymbol(token, '(')) depth++
    if (isSymbol(token, ')')) depth--
    if (depth === 0 && isWord(token, 'where')) return text.slice(token.end).trim()
  }
  return null
}

/** `CREATE [UNIQUE] INDEX`. A unique index is a key as well: it refuses rows exactly as a constraint does. */
export function createIndex(reading: Reading, statement: IndexStmt): void {
  const { draft } = reading
  const relation = relationOf(statement.relation as RangeVar)
  const table = findTable(draft, relation)
  if (table === null) {
    if (findView(draft, relation) === null) {
      draft.unread.push({
        reason: `an index on a relation that is not known: ${relation.name}`,
        origin: reading.origin,
      })
    }
    return
  }
  const texts = elementTexts(reading)
  const columns = (statement.indexParams ?? []).map((node, position) => {
    if (!('IndexElem' in node)) return '(expression)'
    return node.IndexElem.name ?? expressionColumn(texts[position] ?? 'expression')
  })
  const exists = table.indexes.some(({ name }) => name === statement.idxname)
  if (exists && statement.if_not_exists === true) return
  const names = namesOfElements(
    (statement.indexParams ?? []).flatMap((node) => ('IndexElem' in node ? [node.IndexElem] : [])),
  )
  const name = statement.idxname ?? nameFor(reading, table, names, 'idx')
  const unique = statement.unique ?? false
  table.indexes.push({ name, columns, unique, origin: reading.origin })
  if (!unique) return
  table.keys.push({
    kind: 'unique',
    name,
    columns,
    predicate: statement.whereClause === undefined ? null : predicateOf(reading),
    nullsEqual: statement.nulls_not_distinct ?? false,
    origin: reading.origin,
  })
}
