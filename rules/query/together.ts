import type { TSESLint } from '@typescript-eslint/utils'
import { relationText } from './advice.ts'
import type { Said } from './escape/reporter.ts'
import type { Finding } from './finding.ts'
import { placeOf, reachOf, type Report, type Site, type Tier } from './rule.ts'

/** What a rule says of one relation of a statement. */
export interface Told {
  readonly messageId: string
  readonly finding: Finding
  readonly data: Readonly<Record<string, string>>
  readonly suggest?: TSESLint.ReportSuggestionArray<string> | undefined
}

/**
 * Reports what a rule has to say of the relations of one statement. What holds of several of them, and is as sure of each, is one hole, which one look
 * and mostly one change of the code ends: it is told once, and the others are named in `{{others}}`. An escape for one of them excuses none of the others.
 */
export function reportTogether({ file }: Site, all: readonly Told[], tier: Tier, report: Report): void {
  const isSame = (one: Told, other: Told): boolean =>
    one.messageId === other.messageId &&
    one.finding.judged === other.finding.judged &&
    sureness(one, file) === sureness(other, file)
  const groups: [Told, ...Told[]][] = []
  for (const told of all) {
    const group = isHole(told) ? groups.find(([first]) => isSame(first, told)) : undefined
    if (group === undefined) groups.push([told])
    else group.push(told)
  }
  const saidOf = ({ finding, data, suggest }: Told): Said => {
    const relation = relationText(finding.occurrence)
    return {
      data: { ...data, relation, reach: reachOf(finding, file) },
      suggest,
      once: rootOf(finding, tier, file),
    }
  }
  for (const [first, ...others] of groups) {
    const { data, ...said } = saidOf(first)
    report(first.messageId, placeOf(first.finding), data, { ...said, same: others.map(saidOf) })
  }
}

/**
 * What one change ends for many queries, so that a file says it once: a line in the tenancy model, or a check that looks before it lets a role pass. A
 * policy that wants its filter in every query wants to hear of each.
 */
function rootOf(finding: Finding, tier: Tier, file: Site['file']): string | undefined {
  const { state, judged, occurrence } = finding
  if (state.kind === 'unnamed') return relationText(occurrence)
  if (tier === 'every' || state.kind === 'unknown') return undefined
  const exposure = file.exposureOf(judged, occurrence)
  return exposure.kind === 'certain' ? exposure.exempting : undefined
}

/** What could not be decided, and what nobody has named, asks for a word of its own about each relation. */
const isHole = ({ finding: { state } }: Told): boolean => state.kind === 'leak' || state.kind === 'optional'

const sureness = ({ finding }: Told, file: Site['file']): string =>
  file.exposureOf(finding.judged, finding.occurrence).kind
