/** A relation name as PostgreSQL stores it; `schema` is null when the text does not say. */
export interface StoredName {
  readonly schema: string | null
  readonly name: string
}

const part = /\s*(?:"((?:[^"]|"")+)"|([^".]+))\s*(\.|$)/y

/**
 * Splits `schema.name`. Double quotes keep their content as it is. Unquoted parts are kept as written too: a key of
 * `tenancy.json` and the output of an ORM are stored names, and folding is the caller's second try.
 */
export function splitName(text: string): StoredName & { readonly quoted: boolean } {
  const parts: string[] = []
  let quoted = false
  part.lastIndex = 0
  while (part.lastIndex < text.length) {
    const found = part.exec(text)
    if (found === null) return { schema: null, name: text, quoted: false }
    if (found[1] !== undefined) quoted = true
    parts.push(found[1] !== undefined ? found[1].replaceAll('""', '"') : found[2]!.trim())
    if (found[3] === '') break
  }
  const name = parts.at(-1) ?? text
  return { schema: parts.length > 1 ? parts.at(-2)! : null, name, quoted }
}

/** Folds an unquoted identifier as PostgreSQL does: ASCII letters only. */
export function fold(identifier: string): string {
  return identifier.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}

/** One spelling for `projects` and `public.projects`. */
export function canonical({ schema, name }: StoredName): string {
  return `${schema ?? 'public'}\u0000${name}`
}

/** How a stored name is written as a key of `tenancy.json`: `public` is left out, parts that need quotes get them. */
export function keyOf({ schema, name }: StoredName): string {
  const write = (identifier: string) =>
    /[".\s]/.test(identifier) ? `"${identifier.replaceAll('"', '""')}"` : identifier
  return schema === null || schema === 'public' ? write(name) : `${write(schema)}.${write(name)}`
}

/** The property under which an ORM client offers a model: `ProjectMember` → `projectMember`. */
export function delegateOf(model: string): string {
  return model.charAt(0).toLowerCase() + model.slice(1)
}
