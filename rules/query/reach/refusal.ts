/** Names of functions that exist to refuse. */
const refuses =
  /^(?:assert|check|verify|ensure|require|authori[sz]e|guard|protect|deny|enforce|has|can|is|user(?:Can|Has)|validate)\w*(?:access|permission|owner|member|role|tenant|belong|allowed|authori[sz]|rights?|scope|team|workspace|org|project|account|admin)\w*$|^(?:assert|authori[sz]e|checkAuth|userCan|can|ability|requireAuth|checkAuthorization)\w*$|^(?:throwUnless|throwIf)\w*$|^(?:get|fetch|find|load|read|with)\w*authori[sz]ed?\w*$/i

const neverRefuses =
  /^(?:parse|safeParse|log|debug|info|warn|error|track|format|stringify|revalidate\w*|validateInputs?)$/i

/** What in the text of a function shows that control does not come back from a refusal. */
const throws = /\bthrow\b|\b(?:notFound|redirect|forbidden|unauthori[sz]ed)\(/i

/** What in the text of a function shows that its result says whether it refused. */
const answers =
  /\breturn\s+(?:false|null|undefined|err)\b|(?:status|code)\(40[134]\)|status:\s*40[134]|\b(?:ok|success|allowed|exists?|found):\s*false\b|\berror:|(?:\?\?|\|\||:)\s*(?:null|undefined)\b|unauthori[sz]ed|forbidden/i

/** A function that gives back what it found gives back nothing where there is nothing. */
const givesFound = /\breturn\s+(?:await\s+)?[\w$.]+\.find(?:One|First|Unique)?(?:By)?\(/

/** What in the text of a function shows that it looks something up. */
const lookup =
  /\bfind\w*\(|\.select\w*\(|\.where\(|\bquery\w*\(|\.count\(|\.exists?\w*\(|getMembership|isMember|\bfrom\(/i

/** Names of calls that say something and refuse nobody, though they are handed a tenant and a user. */
const tells =
  /^(?:create|insert|add|send|emit|publish|track|log|notify|record|update|upsert|delete|remove|set|json|push|enqueue|dispatch)(?![a-z])/

/** Does a function of this name exist to refuse? */
export function isRefusing(name: string | null): boolean {
  return name !== null && refuses.test(name)
}

/** Does a function of this name refuse nobody, whatever it is handed? */
export function neverRefusing(name: string): boolean {
  return neverRefuses.test(name)
}

/** Does a call of this name only say something? */
export function onlyTells(name: string): boolean {
  return neverRefuses.test(name) || tells.test(name)
}

/** Names of questions: whoever does not look at the answer has asked nothing. */
export function isQuestion(name: string): boolean {
  return /^(?:has|can|is|user(?:Can|Has))(?=[A-Z_])/.test(name)
}

/** How a function refuses that looks something up: by never coming back, or by what it answers. */
export function refusalOf(text: string): 'throws' | 'answers' | null {
  return lookup.test(text) ? refusalAlone(text) : null
}

/** The same of a function that perhaps looks nothing up itself. */
export function refusalAlone(text: string): 'throws' | 'answers' | null {
  // What it is called says what it is for, not what it does.
  const written = text.replace(/^(?:export\s+)?(?:async\s+)?function\s*[\w$]+/, '')
  if (mayThrow(written)) return 'throws'
  return answers.test(written) || givesFound.test(written) ? 'answers' : null
}

/** What is thrown on after something else has gone wrong refuses nobody, unless it was a look-up that throws without a row. */
function mayThrow(text: string): boolean {
  if (!throws.test(text)) return false
  const tried = withoutCatches(text)
  return throws.test(tried) || /\w+Or(?:Throw|Fail)\(/.test(tried)
}

/** The text without the blocks behind `catch`. */
function withoutCatches(text: string): string {
  const kept: string[] = []
  let from = 0
  for (const { 0: head, index } of text.matchAll(/\bcatch\s*(?:\([^()]*\)\s*)?\{/g)) {
    if (index < from) continue
    kept.push(text.slice(from, index))
    from = index + head.length
    for (let depth = 1; from < text.length && depth > 0; from += 1) {
      depth += text[from] === '{' ? 1 : text[from] === '}' ? -1 : 0
    }
  }
  return [...kept, text.slice(from)].join('')
}
