import { sight } from './foreign-read.ts'
import { differences, plain, Symbols } from './normalise.ts'
import type { Accusation, Answer, Exchange } from './oracle.ts'
import type { View } from './view.ts'

/** The same request with a hint that names the victim, without the hint, and with one that names nobody. */
export interface HintProbe {
  /** `header:x-tenant-id` */
  readonly hint: string
  /** The request names the victim by an id as well: what it does may be that id's doing. */
  readonly namesForeign: boolean
  readonly hinted: Exchange
  readonly base: Exchange
  /** The last three only when answers without foreign data must be compared; null otherwise. */
  readonly ghost: Answer | null
  readonly again: Answer | null
  readonly baseAgain: Answer | null
}

type Success = (status: number) => boolean

/** Do the two answers leave open whether the hint was followed? Writes are left to the snapshots. */
export function needsGhostHint(hinted: Exchange, base: Exchange, success: Success): boolean {
  if (hinted.operation.writes || !success(hinted.answer.status) || !success(base.answer.status)) return false
  return compare(hinted.answer, base.answer).length > 0
}

/**
 * The answer follows a tenant hint instead of the authenticated actor: it shows the hinted tenant's data, or it differs both
 * from the answer without the hint and from that with a hint at nobody (a mere filter treats the last two alike).
 */
export function judgePrincipal(probe: HintProbe, view: View, success: Success): Accusation | null {
  const { hint, hinted, base } = probe
  if (probe.namesForeign) return null
  const seen = sight(hinted, view)
  const title = `${hinted.operation.id} follows ${hint} instead of the authenticated actor`
  if (seen !== null && seen.tenant === hinted.hinted && sight(base, view) === null) {
    const evidence = `With ${hint} naming ${view.nameOf(seen.tenant)} the answer holds its ${seen.what} in ${seen.place}; without the hint it does not.`
    return { oracle: 'principal', detail: hint, title, evidence }
  }
  const { ghost, again, baseAgain } = probe
  if (ghost === null || again === null || baseAgain === null || !success(again.status)) return null
  if (compare(base.answer, baseAgain).length > 0 || compare(hinted.answer, again).length > 0) return null
  const fromBase = compare(hinted.answer, base.answer)
  if (fromBase.length === 0 || compare(hinted.answer, ghost).length === 0 || !success(ghost.status))
    return null
  return {
    oracle: 'principal',
    detail: hint,
    title,
    evidence: `With ${hint} naming another tenant ${fromBase[0]!} differs from the answer without the hint, and from that with a tenant that does not exist.`,
  }
}

/**
 * A request without a valid token succeeds: without any, when tenant data is read or a tenant's own row written; with a
 * forged one, when the same request without any is refused.
 */
export function judgeToken(
  credential: 'actor' | 'absent' | 'tampered' | 'unsigned',
  exchange: Exchange,
  namesOwnRow: boolean,
  absent: Answer | null,
  view: View,
  success: Success,
): Accusation | null {
  if (credential === 'actor' || !success(exchange.answer.status)) return null
  const { operation } = exchange
  if (credential === 'absent') {
    // Nobody in particular is looking, so every tenant's data is another's.
    const seen = sight({ ...exchange, actor: -1 }, view)
    if (seen === null && !(operation.writes && namesOwnRow)) return null
    return {
      oracle: 'principal',
      detail: 'anonymous',
      title: `${operation.id} works without credentials`,
      evidence:
        seen === null
          ? `Without credentials it answers ${exchange.answer.status} to a write of a tenant's row.`
          : `Without credentials it answers ${exchange.answer.status} with a tenant's ${seen.what} in ${seen.place}.`,
    }
  }
  if (absent === null || success(absent.status)) return null
  return {
    oracle: 'principal',
    detail: `token-${credential}`,
    title: `${operation.id} accepts a forged token`,
    evidence:
      credential === 'unsigned'
        ? `It answers ${exchange.answer.status} to a token with algorithm "none", and ${absent.status} without a token.`
        : `It answers ${exchange.answer.status} to a token whose claims were changed under the old signature, and ${absent.status} without a token.`,
  }
}

function compare(left: Answer, right: Answer): string[] {
  return differences(plain(left, new Symbols()), plain(right, new Symbols()))
}
