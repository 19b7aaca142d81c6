import { relationText } from '../query/advice.ts'
import { isOnlySomewhere } from '../surroundings/branch.ts'
import { logCallsOf } from '../surroundings/loggers.ts'
import { loggedBy } from '../surroundings/logged.ts'
import { defineFileRule } from '../surroundings/rule.ts'
import { isForBrowser } from '../surroundings/tokens.ts'

interface Options {
  /** Tenants may stand in the log under their ids. */
  readonly allowTenantIds: boolean
  /** Report only secrets, headers and cookies. */
  readonly onlyCertain: boolean
}

/** What belongs to a tenant, or to whoever is signed in, in a log that others read. */
export default defineFileRule<Options>({
  name: 'no-tenant-in-logs',
  description: "Disallow secrets, tenants' rows and unmasked tenant ids in logs",
  presets: ['recommended', 'strict'],
  messages: {
    secret:
      'The log gets `{{source}}`: whoever reads it can act as its holder. Log that it was there, or an id of it.',
    headers:
      '`{{source}}` is written to the log with the token or cookie of whoever sent it. Log the names that you need.',
    body: '`{{source}}` is written to the log as it was sent, with whatever a tenant put there. Log the names that you need.',
    row: "Whole rows of `{{relation}}` are written to the log (`{{source}}`), where other tenants' people may read them. Log their ids.",
    tenant: '`{{source}}` tells in the log which tenant it was. Log a pseudonym: a keyed hash, or `mask(…)`.',
  },
  schema: {
    allowTenantIds: {
      type: 'boolean',
      description: 'Tenants may stand in the log under their ids.',
    },
    onlyCertain: {
      type: 'boolean',
      description: 'Report only secrets, headers and cookies.',
    },
  },
  defaults: { allowTenantIds: false, onlyCertain: false },
  mentions: (text) => /\bconsole\.|\b\w*[lL]og(ger)?\b/.test(text),
  check(file, options, report) {
    if (isForBrowser(file)) return
    const seen = new Set<unknown>()
    const { text } = file.scope.sourceCode
    for (const call of logCallsOf(file)) {
      if (isOnlySomewhere(call.node, text)) continue
      const all = loggedBy(call, file)
      const secrets = all.filter(({ kind }) => kind === 'secret').map(({ node }) => node)
      for (const logged of all) {
        const { kind, node } = logged
        // One call is one line of the log, and one change.
        if (kind === 'secret' && node !== secrets[0]) continue
        const certain = kind === 'secret' || kind === 'headers'
        if (seen.has(node) || (options.onlyCertain && !certain)) continue
        if (kind === 'tenant' && options.allowTenantIds) continue
        seen.add(node)
        const relation = kind === 'row' ? relationText(logged.mention) : ''
        report(kind, node, {
          source: (kind === 'secret' ? secrets : [node])
            .map((one) => file.scope.sourceCode.getText(one))
            .join('`, `'),
          ...(relation === '' ? {} : { relation }),
        })
      }
    }
  },
})
