import type { CampaignEvent } from './events.ts'

type Fields = Readonly<Record<string, unknown>>

const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const modes: readonly unknown[] = ['hunt', 'certify']
const verdicts: readonly unknown[] = ['clean', 'finding', 'inconclusive', 'uncovered']

/** Could the line have been written by a campaign? As far as merging relies on it: what is missing would count as nothing found. */
export function isCampaignEvent(value: unknown): value is CampaignEvent {
  if (!isRecord(value) || typeof value['type'] !== 'string') return false
  switch (value['type']) {
    case 'campaign-started':
      return isStart(value)
    case 'campaign-ended':
      return isRecord(value['summary']) && isSummary(value['summary'])
    case 'finding':
      return isFinding(value['finding'])
    case 'progress':
      return ['trials', 'requests', 'cells', 'exercised'].every((name) => isCount(value[name]))
    default:
      return true
  }
}

function isStart({ target, mode, seed, shard }: Fields): boolean {
  return (
    typeof target === 'string' &&
    modes.includes(mode) &&
    isCount(seed) &&
    isRecord(shard) &&
    isCount(shard['index']) &&
    isCount(shard['of'])
  )
}

function isSummary(summary: Fields): boolean {
  const { verdict, mode, findings, coverage, problem } = summary
  const counts = ['seed', 'trials', 'requests', 'seconds'].every((name) => isCount(summary[name]))
  const hasCoverage =
    isRecord(coverage) &&
    isCount(coverage['cells']) &&
    isCount(coverage['exercised']) &&
    Array.isArray(coverage['gaps']) &&
    coverage['gaps'].every(isRecord)
  const hasProblem = problem === null || (isRecord(problem) && typeof problem['code'] === 'string')
  return (
    verdicts.includes(verdict) &&
    modes.includes(mode) &&
    Array.isArray(findings) &&
    findings.every(isFinding) &&
    counts &&
    hasCoverage &&
    hasProblem
  )
}

function isFinding(value: unknown): boolean {
  return isRecord(value) && typeof value['id'] === 'string' && isCount(value['requests'])
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && value >= 0
}
