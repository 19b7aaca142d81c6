/** Longest identifier that PostgreSQL keeps, in bytes (NAMEDATALEN - 1). */
const longest = 63

const bytes = (text: string): number => Buffer.byteLength(text)

/** Longest prefix of whole characters that fits. */
function clip(text: string, length: number): string {
  let result = text
  while (bytes(result) > length) result = [...result].slice(0, -1).join('')
  return result
}

/** As PostgreSQL's `makeObjectName`: shortens the longer of table and columns until the name fits. */
function makeObjectName(table: string, columns: string, label: string): string {
  const available = longest - bytes(label) - 1 - (columns === '' ? 0 : 1)
  let first = bytes(table)
  let second = bytes(columns)
  while (first + second > available) {
    if (first > second) first--
    else second--
  }
  return [clip(table, first), clip(columns, second), label].filter((part) => part !== '').join('_')
}

/** Names of the columns as `ChooseIndexColumnNames` joins them; an expression counts as `expr`. */
function joinColumns(columns: readonly string[]): string {
  let joined = ''
  for (const column of columns) {
    joined += joined === '' ? column : `_${column}`
    if (bytes(joined) > longest) break
  }
  return joined
}

/**
 * The name that PostgreSQL gives to a key or index without one: `orders_email_key`, `orders_pkey`, with a number after the
 * label when it is taken.
 */
export function chooseName(
  table: string,
  columns: readonly string[],
  label: 'pkey' | 'key' | 'fkey' | 'idx' | 'excl',
  taken: (name: string) => boolean,
): string {
  const joined = label === 'pkey' ? '' : joinColumns(columns)
  for (let pass = 0; ; pass++) {
    const name = makeObjectName(table, joined, pass === 0 ? label : `${label}${pass}`)
    if (!taken(name)) return name
  }
}
