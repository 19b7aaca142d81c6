import type { ESLint, Linter } from 'eslint'
import { createRequire } from 'node:module'
import { sqlLanguage, sqlRules } from './audit/language.ts'
import { rules } from './lint/rules.ts'
import type { Preset } from './query/rule.ts'

export { explain } from './query/explain.ts'

const { name, version } = createRequire(import.meta.url)('watertight/package.json') as {
  readonly name: string
  readonly version: string
}

/** One preset: the rules that belong to it, with the options that make the preset. */
function preset(title: Preset, options: Readonly<Record<string, boolean | string>>): Linter.Config[] {
  const members = rules.filter(({ meta }) => meta.docs?.presets.includes(title))
  const entries = members.map(({ name: id, meta }): [string, Linter.RuleEntry] => {
    const schema = (meta.schema as readonly { readonly properties?: object }[])[0]
    const known = Object.entries(options).filter(([option]) => option in (schema?.properties ?? {}))
    return [`watertight/${id}`, ['error', Object.fromEntries(known)]]
  })
  return [
    { name: `watertight/${title}`, plugins: { watertight: plugin }, rules: Object.fromEntries(entries) },
  ]
}

/**
 * The ESLint plugin. Presets set no parser and no files: they go beside the configuration that a project has.
 *
 * @public
 */
const plugin = {
  meta: { name, version },
  rules: {
    ...Object.fromEntries(rules.map((rule) => [rule.name, rule])),
    ...sqlRules,
  } as unknown as NonNullable<ESLint.Plugin['rules']>,
  /** `language: 'watertight/sql'` for `.sql` files. */
  languages: { sql: sqlLanguage } as unknown as NonNullable<ESLint.Plugin['languages']>,
  configs: {} as {
    /** What a value of the request certainly steers, with no check on the way: for gates that must not cry wolf. */
    readonly certain: Linter.Config[]
    /** Also what is likely open: the tenant is in scope and ignored, or nothing picks the rows that a user is given. */
    readonly recommended: Linter.Config[]
    /** Every query without its own filter, whoever calls it, what only a declaration confines, and what could not be decided. */
    readonly strict: Linter.Config[]
    /** The audit checks on migrations in `.sql` files. */
    readonly sql: Linter.Config[]
  },
}

Object.assign(plugin.configs, {
  certain: preset('certain', { tier: 'certain', onlyRequestControlled: true, onlyCertain: true }),
  recommended: preset('recommended', { tier: 'likely', onlyCertain: true }),
  strict: preset('strict', { tier: 'every', reportUnknown: true, requireExplicit: true }),
  sql: [
    {
      name: 'watertight/sql',
      files: ['**/*.sql'],
      language: 'watertight/sql',
      plugins: { watertight: plugin },
      rules: Object.fromEntries(Object.keys(sqlRules).map((id) => [`watertight/${id}`, 'error'])),
    },
  ],
})

export default plugin
// What `require('watertight')` gives.
export { plugin as 'module.exports' }
