/**
 * The paths that the `exports` of a manifest give for a subpath of the package, under any condition, the source before what is built of it.
 * https://nodejs.org/api/packages.html#subpath-patterns
 *
 * @param subpath - `lib/find`, without `./`; empty for the package itself
 */
export function exportTargets(exports: unknown, subpath: string): readonly string[] {
  if (typeof exports !== 'object' || exports === null || Array.isArray(exports)) {
    return subpath === '' ? pathsIn(exports) : []
  }
  const keys = Object.keys(exports)
  if (!keys.some((key) => key.startsWith('.'))) return subpath === '' ? pathsIn(exports) : []
  const map = exports as Readonly<Record<string, unknown>>
  const wanted = subpath === '' ? '.' : `./${subpath}`
  if (wanted in map) return pathsIn(map[wanted])
  // The longest beginning decides, as it does for Node.
  const patterns = keys
    .filter((key) => key.includes('*'))
    .toSorted((one, other) => other.indexOf('*') - one.indexOf('*'))
  for (const pattern of patterns) {
    const [before, after] = pattern.split('*') as [string, string]
    if (!wanted.startsWith(before) || !wanted.endsWith(after) || wanted.length < pattern.length) continue
    const star = wanted.slice(before.length, wanted.length - after.length)
    return pathsIn(map[pattern]).map((path) => path.replaceAll('*', star))
  }
  return []
}

const built = /^(?:\.\/)?(?:dist|build|out|output)\//

function pathsIn(target: unknown): readonly string[] {
  const found: string[] = []
  const visit = (one: unknown): void => {
    if (typeof one === 'string') found.push(one)
    else if (typeof one === 'object' && one !== null) Object.values(one).forEach(visit)
  }
  visit(target)
  return [...found.filter((path) => !built.test(path)), ...found.filter((path) => built.test(path))]
}
