import { relationText } from '../query/advice.ts'
import { defineRule } from '../query/rule.ts'

/** A query through a client that sees every tenant. */
export default defineRule<object>({
  name: 'no-unscoped-override',
  description: 'Disallow clients that see every tenant where nobody has said why',
  messages: {
    client:
      '`{{relation}}` is reached through `{{client}}`, which sees every tenant. Use a client that is confined, or say why with `// watertight-ignore reason="…"` or `// watertight-tenantless reason="…"`.',
  },
  schema: {},
  defaults: {},
  check({ queries, node, file }, _options, report) {
    for (const { query, occurrences } of queries) {
      const client = file.tenancy.unscopedClients.find((name) => isClient(query.client, name))
      const mention = occurrences.find(({ ownership }) => ownership.kind !== 'global')
      if (client === undefined || mention === undefined) continue
      report('client', node, { relation: relationText(mention), client })
      return
    }
  },
})

const isClient = (path: string, name: string): boolean =>
  path === name || path.endsWith(`.${name}`) || path === `${name}()`
