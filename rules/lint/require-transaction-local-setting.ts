import type { TSESLint } from '@typescript-eslint/utils'
import { contains, functionAround } from '../source/children.ts'
import { relationText } from '../query/advice.ts'
import type { FileView } from '../surroundings/file.ts'
import { type Report, defineFileRule } from '../surroundings/rule.ts'
import {
  type SettingStatement,
  isInTransaction,
  isTakenBack,
  settingStatements,
} from '../surroundings/settings.ts'

/** The tenant of a connection, set so that it outlives the request, or never takes effect. */
export default defineFileRule<object>({
  name: 'require-transaction-local-setting',
  description: "Require the connection's tenant to be set locally to a transaction",
  evenSingleTenant: false,
  presets: ['recommended', 'strict'],
  hasSuggestions: true,
  messages: {
    pool: '`{{name}}` is set through `{{client}}`, a pool: the next statement can run on another connection, and whoever gets this one next acts as this tenant. Begin a transaction on one client, and use `set_config(…, true)` in it.',
    session:
      '`{{name}}` is set for the session, so it stays on the connection when that goes back to the pool. Set it with `SET LOCAL` or `set_config(…, true)` inside the transaction.',
    outside:
      '`{{name}}` is set locally to a transaction, but none was begun on `{{client}}`: the setting is gone when the statement ends. Begin a transaction first.',
    otherClient:
      '`{{relation}}` is queried through `{{other}}`, but `{{name}}` was set on `{{client}}`. Use `{{client}}` for every statement of the transaction.',
    makeLocal: 'Set it locally to the transaction.',
  },
  schema: {},
  defaults: {},
  mentions: (text) => /set_config|\bset\s+(session\s+|local\s+)?["\w]+\./i.test(text),
  check(file, _options, report) {
    for (const statement of settingStatements(file)) {
      checkLevel(statement, file, report)
      if (statement.level === 'local') checkClients(statement, file, report)
    }
  },
})

function checkLevel(statement: SettingStatement, file: FileView, report: Report): void {
  const { node, name, level, client } = statement
  const data = { name, client: client.path ?? 'the client' }
  if (level === 'local') {
    const alone = client.kind === 'pool' || client.kind === 'pooled'
    if (alone && !isInTransaction(statement, file)) report('outside', node, data)
    return
  }
  if (client.kind === 'dedicated') return
  if (client.kind === 'pool' && !isInTransaction(statement, file)) return report('pool', node, data)
  if (isTakenBack(statement, file)) return
  const local = isInTransaction(statement, file) ? madeLocal(statement, file) : []
  report('session', node, data, local)
}

/** Certain only where a transaction is there for the setting to be local to. */
function madeLocal({ text }: SettingStatement, { scope }: FileView): TSESLint.ReportSuggestionArray<string> {
  const source = scope.sourceCode.getText(text)
  const replaced = source
    .replace(/(set_config\s*\([^]*,\s*)(false|'f'|0)(\s*\))/i, '$1true$3')
    .replace(/^([^]?["'`]\s*)set\s+(session\s+)?(?=["\w]+\.)/i, '$1SET LOCAL ')
  if (replaced === source) return []
  return [{ messageId: 'makeLocal', fix: (fixer) => fixer.replaceText(text, replaced) }]
}

/** Queries on tenant data that the same function sends through the pool instead. */
function checkClients({ node, name, client }: SettingStatement, file: FileView, report: Report): void {
  const around = functionAround(node)
  if (client.kind !== 'transaction' || client.path === null || around === null) return
  for (const site of file.queries?.sites ?? []) {
    if (!contains(around, site.node) || site.node.range[0] < node.range[1]) continue
    for (const { query, occurrences } of site.queries) {
      const owned = occurrences.find(
        ({ ownership }) => ownership.kind === 'owned' || ownership.kind === 'through',
      )
      if (owned === undefined || query.client === client.path || query.client.includes(client.path)) continue
      if (!isOutside(query.client, around, file)) continue
      const data = { name, client: client.path, other: query.client, relation: relationText(owned) }
      report('otherClient', site.node, data)
      break
    }
  }
}

/** A client by a name that the function itself does not declare. */
function isOutside(
  path: string,
  around: NonNullable<ReturnType<typeof functionAround>>,
  file: FileView,
): boolean {
  const name = path.split(/[.(]/)[0]!
  const scope = file.scope.sourceCode.scopeManager?.acquire(around)
  return name !== '' && scope?.set.has(name) !== true && /^[\w$]+$/.test(name)
}
