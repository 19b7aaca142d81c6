const secret =
  /(?:password|passwd|passphrase|secret|token|api_?key|private_?key|access_?key|encryption_?key|signing_?key|authorization|credentials?|connection_?string|database_?url|bearer|otp|session_?cookie)$/i

/** A place in a list, a token of a grammar, what everybody may see. */
const otherTokens =
  /(?:page|next|continuation|cursor|cancel(?:lation)?|sync|resume|abort|prev(?:ious)?|public|publishable|csrf|xsrf|media|device|design|theme|lexer|current|syntax|stop|start|end)_?(?:token|key)$/i

/** What is only said about a secret, or is none any more. */
const about =
  /^(?:has|is|no|needs?|with|use[sd]?|missing|invalid|require[sd]?|enabled?|allow|should|can|show|skip|must|masked|redacted|hashed|encrypted|public|safe)(?:[A-Z_]|$)/

/** Is something named like what only its holder may know? */
export function isSecretName(name: string): boolean {
  return secret.test(name) && !otherTokens.test(name) && !about.test(name)
}
