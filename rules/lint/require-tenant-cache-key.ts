import type { TSESTree } from '@typescript-eslint/utils'
import { relationText, tenantText } from '../query/advice.ts'
import { type CacheEntry, cacheEntries } from '../surroundings/cache.ts'
import type { FileView } from '../surroundings/file.ts'
import { type Key, isGlobalId, keyOf, namesTenant } from '../surroundings/key.ts'
import { identifiersIn, rootOf } from '../surroundings/pattern.ts'
import { defineFileRule } from '../surroundings/rule.ts'
import { type TenantQuery, queriesBehind, tenantQueryOf } from '../surroundings/stored.ts'

interface Options {
  /** Take an id in the key for one that only one tenant has. */
  readonly allowGlobalIds: boolean
}

/** Rows of one tenant, cached under a key that another tenant can have too. */
export default defineFileRule<Options>({
  name: 'require-tenant-cache-key',
  description: 'Require the key of cached tenant data to name the tenant',
  evenSingleTenant: false,
  presets: ['recommended', 'strict'],
  messages: {
    key: 'Rows of `{{relation}}`, read for one tenant, are cached under `{{key}}`, which does not name the tenant: another tenant with the same key gets them. Put {{tenant}} into the key.',
    arguments:
      'Rows of `{{relation}}`, read for one tenant, are cached by {{key}}, which do not name the tenant: another tenant gets them. Put {{tenant}} into the key.',
  },
  schema: {
    allowGlobalIds: {
      type: 'boolean',
      description: 'Take an id in the key for one that only one tenant has.',
    },
  },
  defaults: { allowGlobalIds: true },
  mentions: (text) => /redis|keyv|lru|cache|memo|\bkv\b|new Map\b|\bmem\b/i.test(text),
  check(file, options, report) {
    if (file.queries === null || file.queries.sites.length === 0) return
    for (const entry of cacheEntries(file)) {
      const query = queriesBehind(entry.value, file)
        .map((site) => tenantQueryOf(site, file))
        .find((one) => one !== null)
      if (query === undefined || query === null) continue
      const key = wholeKey(entry, query, file)
      if (isTold(key, query, file, options)) continue
      const { sourceCode } = file.scope
      const [place] = entry.key
      report(place === undefined ? 'arguments' : 'key', place ?? entry.node, {
        relation: relationText(query.occurrence),
        key: place === undefined ? 'the arguments that make the key' : sourceCode.getText(place),
        tenant: tenantText(file.tenancy),
      })
    }
  },
})

/** The key as written, and the arguments of a cached function that are part of it. */
function wholeKey(entry: CacheEntry, { judged }: TenantQuery, { scope }: FileView): Key {
  const key = keyOf(entry.key, scope)
  const names = entry.parameters.flatMap((parameter) => identifiersIn(parameter))
  const own = (source: TSESTree.Node): boolean => {
    const root = rootOf(source)
    return root?.type === 'Identifier' && names.some(({ name }) => name === root.name)
  }
  const used = judged.query.sources.filter((source) => source !== null && own(source))
  return { ...key, parts: [...key.parts, ...names, ...(used as TSESTree.Node[])] }
}

function isTold(key: Key, { judged }: TenantQuery, { scope, tenancy }: FileView, options: Options): boolean {
  if (key.open || namesTenant(key, scope)) return true
  if (options.allowGlobalIds && key.parts.some((part) => isGlobalId(part, tenancy))) return true
  // A key with every value of the query is as narrow as the query itself.
  const texts = new Set(key.parts.map((part) => scope.sourceCode.getText(part)))
  const sources = judged.query.sources.filter((source) => source !== null)
  return sources.length > 0 && sources.every((source) => texts.has(scope.sourceCode.getText(source)))
}
