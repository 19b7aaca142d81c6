import { existsSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { createJiti } from 'jiti'
import { Problem } from '../../rules/problem.ts'
import type { Edit } from './mutant.ts'

/** The text of each edited file, without touching anything: tells early whether the edits apply. @internal */
export function editedFiles(service: string, edits: readonly Edit[]): Map<string, string> {
  const texts = new Map<string, string>()
  for (const { file, find, replace } of edits) {
    const path = join(service, file)
    if (!texts.has(file) && !existsSync(path)) throw stale(file, 'the service has no such file')
    const text = texts.get(file) ?? readFileSync(path, 'utf8')
    const occurrences = text.split(find).length - 1
    if (occurrences !== 1) throw stale(file, `${shorten(find)} occurs ${occurrences} times, not once`)
    // A replacement function, since a text would have its $ interpreted.
    texts.set(
      file,
      text.replace(find, () => replace),
    )
  }
  for (const [file, text] of texts) assertParses(file, text)
  return texts
}

function stale(file: string, reason: string): Problem {
  return new Problem(
    'E-MUTANT',
    `An edit of ${file} does not apply: ${reason}.`,
    'Bring the mutant up to date with the service: `find` must occur exactly once.',
  )
}

function shorten(text: string): string {
  const line = text.trim().replaceAll(/\s+/g, ' ')
  return JSON.stringify(line.length > 60 ? `${line.slice(0, 57)}...` : line)
}

let transformer: ReturnType<typeof createJiti> | null = null

/** What the transformer returns in place of code that it cannot read. */
const parseError = 'exports.__JITI_ERROR__ = '

/** A service that cannot start proves nothing, and says so late; a syntax error is told here. */
function assertParses(file: string, text: string): void {
  const reason = syntaxError(file, text)
  if (reason === null) return
  throw new Problem('E-MUTANT', `${file} does not parse after the edits: ${reason}.`, 'Mend `replace`.')
}

function syntaxError(file: string, text: string): string | null {
  const extension = extname(file)
  if (extension === '.json') {
    try {
      JSON.parse(text)
      return null
    } catch (error) {
      return (error as Error).message
    }
  }
  if (!/^\.[cm]?[jt]sx?$/.test(extension)) return null
  transformer ??= createJiti(import.meta.url, { fsCache: false, jsx: true })
  const ts = extension.includes('t')
  const code = transformer.transform({ source: text, filename: file, ts, async: true })
  if (!code.startsWith(parseError)) return null
  const { message, line } = JSON.parse(code.slice(parseError.length)) as { message: string; line: number }
  return `${message.trim()} in line ${line}`
}
