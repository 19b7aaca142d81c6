import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const skipped = new Set(['node_modules', 'dist', 'build', 'coverage', '.git', '.next', 'public'])

/** Files beyond this size are generated or vendored. */
const sizeLimit = 400_000

/** Source files below a folder in name order, up to the limit. */
export function sourceFiles(root: string, limit: number): string[] {
  const found: string[] = []
  const visit = (directory: string): void => {
    for (const entry of readdirSync(directory, { withFileTypes: true }).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    )) {
      if (found.length >= limit) return
      const path = join(directory, entry.name)
      if (entry.isDirectory() && !skipped.has(entry.name)) visit(path)
      else if (
        /\.[cm]?[jt]sx?$/.test(entry.name) &&
        !entry.name.endsWith('.d.ts') &&
        statSync(path).size < sizeLimit
      )
        found.push(path)
    }
  }
  visit(root)
  return found
}
