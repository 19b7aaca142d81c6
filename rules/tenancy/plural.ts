/** The plural that Sequelize makes of the name of a model; only the last word of it changes. */

const uncountable =
  /(equipment|information|rice|money|species|series|fish|sheep|news|police|feedback|staff)$/i

const irregular: readonly (readonly [RegExp, string])[] = [
  [/person$/i, 'people'],
  [/man$/i, 'men'],
  [/child$/i, 'children'],
  [/(quiz)$/i, '$1zes'],
  [/^(ox)$/i, '$1en'],
  [/([ml])ouse$/i, '$1ice'],
  [/(matr|vert|ind)(?:ix|ex)$/i, '$1ices'],
  [/(octop|vir)us$/i, '$1i'],
  [/(x|ch|ss|sh)$/i, '$1es'],
  [/([^aeiouy]|qu)y$/i, '$1ies'],
  [/(?:([^f])fe|([lr])f)$/i, '$1$2ves'],
  [/sis$/i, 'ses'],
  [/([ti])um$/i, '$1a'],
  [/(buffal|tomat|potat|her)o$/i, '$1oes'],
  [/(alias|status|bus|campus)$/i, '$1es'],
]

export function plural(name: string): string {
  if (uncountable.test(name) || isPlural(name)) return name
  for (const [pattern, ending] of irregular) {
    if (pattern.test(name))
      return name.replace(pattern, (match, ...groups) => keepCase(match, fill(ending, groups)))
  }
  return `${name}s`
}

export function singularOf(name: string): string {
  if (/people$/i.test(name)) return name.replace(/people$/i, 'person')
  if (/children$/i.test(name)) return name.replace(/ren$/i, '')
  if (/[^aeiou]ies$/i.test(name)) return name.replace(/ies$/i, 'y')
  if (/(x|ch|ss|sh|alias|status|bus)es$/i.test(name)) return name.replace(/es$/i, '')
  return /([^su]|[^aio]u)s$/i.test(name) ? name.slice(0, -1) : name
}

function isPlural(name: string): boolean {
  return /(people|children|men|ies|[^aeious]s|[^aiou]es)$/i.test(name) && !/(is|us|ss)$/i.test(name)
}

function fill(ending: string, groups: readonly unknown[]): string {
  return ending.replace(/\$(\d)/g, (_, index: string) => String(groups[Number(index) - 1] ?? ''))
}

/** `Person` → `People`. */
function keepCase(from: string, to: string): string {
  return /^[A-Z]/.test(from) ? to.charAt(0).toUpperCase() + to.slice(1) : to
}
