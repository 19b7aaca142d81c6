import { readFile } from 'node:fs/promises'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Problem } from '../../rules/problem.ts'
import type { Step } from '../generate/trial.ts'
import type { OracleId, Relation } from './events.ts'

/** What is needed to run one finding again: symbols only, no id, no credential. */
export interface Receipt {
  readonly version: 1
  readonly target: string
  readonly finding: string
  readonly oracle: OracleId
  readonly operation: string
  readonly relation: Relation
  readonly title: string
  readonly seed: number
  readonly steps: readonly Step[]
}

/** File name of a finding's receipt: the identity, made fit for every file system, with a hash against collisions. */
export function receiptName(finding: string): string {
  let hash = 0
  for (const character of finding) hash = (Math.imul(hash, 31) + character.codePointAt(0)!) | 0
  const readable = finding
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 80)
  return `${readable}-${(hash >>> 0).toString(36)}.receipt.json`
}

export async function writeReceipt(directory: string, receipt: Receipt): Promise<string> {
  const name = receiptName(receipt.finding)
  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, name), `${JSON.stringify(receipt, null, 2)}\n`)
  return name
}

/** @throws Problem E-RECEIPT */
export async function readReceipt(path: string): Promise<Receipt> {
  const refuse = (reason: string, cause?: unknown): Problem =>
    new Problem(
      'E-RECEIPT',
      `${path} is no receipt: ${reason}.`,
      'Give a *.receipt.json that a campaign wrote.',
      { cause },
    )
  let value: unknown
  try {
    value = JSON.parse(await readFile(path, 'utf8'))
  } catch (cause) {
    throw refuse(cause instanceof Error ? cause.message : String(cause), cause)
  }
  const receipt = value as Partial<Receipt> | null
  if (typeof receipt !== 'object' || receipt === null) throw refuse('it holds no object')
  if (receipt.version !== 1) throw refuse(`its version is ${String(receipt.version)}`)
  for (const field of ['target', 'finding', 'oracle', 'operation', 'relation'] as const) {
    if (typeof receipt[field] !== 'string') throw refuse(`it has no ${field}`)
  }
  const { steps } = receipt
  if (!Array.isArray(steps) || steps.length === 0 || !steps.every(isStep)) throw refuse('its steps are none')
  return receipt as Receipt
}

function isStep(step: unknown): boolean {
  if (typeof step !== 'object' || step === null) return false
  const { operation, relation, payload, pick, focus } = step as Record<string, unknown>
  return (
    typeof operation === 'string' &&
    typeof relation === 'string' &&
    typeof pick === 'number' &&
    typeof focus === 'number' &&
    typeof payload === 'object' &&
    payload !== null
  )
}
