import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { Problem } from '../../rules/problem.ts'
import { nearest } from '../../rules/tenancy/nearest.ts'

/** One `--report FORMAT=FILE`. */
export interface ReportRequest<Format extends string> {
  readonly format: Format
  readonly file: string
}

/**
 * Reads `FORMAT=FILE` options, before anything is run: a report that cannot be written is known at the start.
 *
 * @throws {@link Problem} `E-REPORT`
 */
export function readReportOptions<Format extends string>(
  texts: readonly string[],
  formats: readonly Format[],
  cwd: string,
): ReportRequest<Format>[] {
  return texts.map((text) => {
    const split = text.indexOf('=')
    const name = split < 0 ? text : text.slice(0, split)
    const path = split < 0 ? '' : text.slice(split + 1)
    const format = formats.find((candidate) => candidate === name)
    if (format === undefined || path === '') {
      const meant = format === undefined ? nearest(name, formats) : null
      throw new Problem(
        'E-REPORT',
        `--report ${text} is not FORMAT=FILE${meant === null ? '' : `, did you mean ${meant}=${path || 'FILE'}?`}`,
        `Write --report FORMAT=FILE with one of ${formats.join(', ')}.`,
      )
    }
    return { format, file: resolve(cwd, path) }
  })
}

/** Writes a report and the folders above it. @throws {@link Problem} `E-REPORT` */
export function writeReport(file: string, text: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  } catch (cause) {
    throw new Problem(
      'E-REPORT',
      `cannot write ${file}: ${cause instanceof Error ? cause.message : String(cause)}`,
      'Name a file in a folder that can be written.',
      { cause },
    )
  }
}
