/** Where in a decoded answer something stands, without positions in arrays: `items[].owner.email`. */
export function pathOf(json: unknown, holds: (text: string) => boolean): string | null {
  return visit(json, '', holds, 0)
}

function visit(value: unknown, path: string, holds: (text: string) => boolean, depth: number): string | null {
  if (typeof value === 'string') return holds(value) ? path : null
  if (typeof value !== 'object' || value === null || depth > 12) return null
  if (Array.isArray(value)) {
    for (const item of value) {
      const found = visit(item, `${path}[]`, holds, depth + 1)
      if (found !== null) return found
    }
    return null
  }
  for (const [name, item] of Object.entries(value)) {
    const place = path === '' ? name : `${path}.${name}`
    if (holds(name)) return place
    const found = visit(item, place, holds, depth + 1)
    if (found !== null) return found
  }
  return null
}
