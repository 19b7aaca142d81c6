import { readFileSync } from 'node:fs'
import { type BaselineEntry, readBaseline } from '../../rules/audit/index.ts'
import { usage } from './arguments.ts'

/** Accepted findings. @throws {@link Problem} `E-USAGE` when the file is not there or is no baseline */
export function baselineFrom(path: string): BaselineEntry[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw usage('audit', `cannot read the baseline ${path}: ${(error as Error).message}`)
  }
  return readBaseline(text)
}
