import type { TSESTree } from '@typescript-eslint/utils'
import type { FileView } from '../surroundings/file.ts'
import { type Report, defineFileRule } from '../surroundings/rule.ts'
import {
  type VerifiedToken,
  decodedTokens,
  isForBrowser,
  isFromProvider,
  isIdentityTaken,
  isVerifiedToo,
  verifiedTokens,
} from '../surroundings/tokens.ts'

interface Options {
  /** Report also verification without explicit algorithms, and without audience and issuer. */
  readonly requireExplicit: boolean
}

/** A token whose claims are believed although its signature, algorithm or age was not checked. */
export default defineFileRule<Options>({
  name: 'no-unverified-token',
  description: 'Disallow claims of tokens that were not verified',
  messages: {
    decoded:
      'The claims of `{{token}}` are used, but its signature is not verified: anyone can write such a token. Verify it, and take the claims from the result.',
    none: 'The algorithm `none` accepts tokens without a signature. Name the algorithm that your keys are for.',
    expired:
      'Expired tokens are accepted for ever. Remove `ignoreExpiration`; a refresh needs a token of its own.',
    algorithms:
      'The token itself says which algorithm it is verified with. Pass `algorithms` with the one that your keys are for.',
    audience:
      'A token that was made for another service, or by another issuer, is accepted too. Pass {{missing}}.',
  },
  schema: {
    requireExplicit: {
      type: 'boolean',
      description: 'Report also verification without explicit algorithms, and without audience and issuer.',
    },
  },
  defaults: { requireExplicit: false },
  mentions: (text) =>
    /jsonwebtoken|jose|jwt/i.test(text) || (/atob|base64/.test(text) && text.includes('.split(')),
  check(file, { requireExplicit }, report) {
    if (isForBrowser(file)) return
    const verified = verifiedTokens(file)
    for (const decoded of decodedTokens(file)) {
      if (isVerifiedToo(decoded, verified, file) || isFromProvider(decoded, file.scope)) continue
      if (!isIdentityTaken(decoded, file.scope)) continue
      report('decoded', decoded.node, { token: file.scope.sourceCode.getText(decoded.token) })
    }
    for (const one of verified) checkOptions(one, file, requireExplicit, report)
  },
})

function checkOptions(
  { node, library, options }: VerifiedToken,
  file: FileView,
  requireExplicit: boolean,
  report: Report,
): void {
  const algorithms = options?.get('algorithms')
  if (algorithms !== undefined && namesNone(algorithms, file)) report('none', algorithms)
  const expiration = options?.get('ignoreExpiration')
  if (expiration !== undefined && file.scope.constantOf(expiration)?.value === true)
    report('expired', expiration)
  if (!requireExplicit || options === undefined) return
  if (library === 'jsonwebtoken' && algorithms === undefined) report('algorithms', node)
  if (library === 'jose') {
    const missing = ['audience', 'issuer'].filter((name) => options?.has(name) !== true)
    if (missing.length > 0)
      report('audience', node, { missing: missing.map((name) => `\`${name}\``).join(' and ') })
  }
}

function namesNone(node: TSESTree.Node, { scope }: FileView): boolean {
  const elements = scope.arrayOf(node)?.elements ?? []
  return elements.some(({ value }) => String(scope.constantOf(value)?.value).toLowerCase() === 'none')
}
