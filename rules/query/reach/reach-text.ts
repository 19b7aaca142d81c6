import type { Exposure, Step } from './exposure.ts'

/** Who steers a query, as the end of a message: its tier, the value, and the way from the entry point; empty where nobody is in sight. */
export function reachText(exposure: Exposure): string {
  switch (exposure.kind) {
    case 'certain': {
      const { value, path, exempting } = exposure
      const checked =
        exempting === undefined ? '' : `, and ${exempting} lets whole roles pass before it looks`
      return ` Certain: the request chooses \`${value}\`${checked}${wayText(path)}.`
    }
    case 'likely':
      return ` Likely: ${exposure.reason}${wayText(exposure.path)}.`
    case 'guarded':
    case 'derived':
    case 'unreached':
      return ''
  }
}

/** Why a query that is not confined is not reported, for `explain`. */
export function exposureText(exposure: Exposure): string {
  switch (exposure.kind) {
    case 'certain':
    case 'likely':
      return reachText(exposure).trim()
    case 'guarded':
      return `guarded by ${exposure.by} on every way that was found`
    case 'derived':
      return `its rows are picked by ${exposure.from}`
    case 'unreached':
      return `no entry point that steers it is in sight: ${exposure.reason}`
  }
}

/** A query in its own handler needs no way to be told. */
function wayText(path: readonly Step[]): string {
  if (path.length < 2) return ''
  return ` (${path.map(({ name, file, line }) => `${name} at ${file}:${line}`).join(' → ')})`
}
