import { readFileSync, statSync } from 'node:fs'
import { Recent } from './recent.ts'

export interface FileText {
  readonly text: string
  readonly mtime: number
}

const texts = new Recent<FileText>(5000)

/** Files beyond this size are generated or vendored; reading them would cost more than it tells. */
const sizeLimit = 400_000

/** The text of a file, read once until it is modified; null when that is not possible. */
export function fileText(filename: string): FileText | null {
  const stat = statSync(filename, { throwIfNoEntry: false })
  if (stat === undefined || stat.size > sizeLimit) return null
  const known = texts.get(filename)
  if (known?.mtime === stat.mtimeMs) return known
  try {
    const read = { text: readFileSync(filename, 'utf8'), mtime: stat.mtimeMs }
    texts.set(filename, read)
    return read
  } catch {
    // Whoever lints it says that it cannot be read.
    return null
  }
}
