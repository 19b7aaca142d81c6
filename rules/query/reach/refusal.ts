/** Names of functions that exist to refuse. */
const refuses =
  /^(?:assert|check|verify|ensure|require|authori[sz]e|guard|protect|deny|enforce|has|can|is|user(?:Can|Has)|validate)\w*(?:access|permission|owner|member|role|tenant|belong|allowed|authori[sz]|rights?|scope|team|workspace|org|project|account|admin)\w*$|^(?:assert|authori[sz]e|checkAuth|userCan|can|ability|requireAuth|checkAuthorization)\w*$|^(?:throwUnless|throwIf)\w*$|^(?:get|fetch|find|load|read|with)\w*authori[sz]ed?\w*$/i

const neverRefuses =
  /^(?:parse|safeParse|log|debug|info|warn|error|track|format|stringify|revalidate\w*|validateInputs?)$/i

/** What in the text of a function shows that it can refuse. */
const refusal =
  /\bthrow\b|\breturn\s+(?:false|null|undefined)\b|status\(40[134]\)|notFound\(|redirect\(|unauthori[sz]ed|forbidden/i

/** What in the text of a function shows that it looks something up. */
const lookup =
  /\bfind\w*\(|\.select\w*\(|\.where\(|\bquery\w*\(|\.count\(|\.exists?\w*\(|getMembership|isMember|\bfrom\(/i

/** Does a function of this name exist to refuse? */
export function isRefusing(name: string | null): boolean {
  return name !== null && refuses.test(name)
}

/** Does a function of this name refuse nobody, whatever it is handed? */
export function neverRefusing(name: string): boolean {
  return neverRefuses.test(name)
}

/** Does the text of a function look something up, and refuse? */
export function looksUpAndRefuses(text: string): boolean {
  return refusal.test(text) && lookup.test(text)
}
