import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../source/binding.ts'
import { contains, functionAround, unwrap } from '../source/children.ts'
import type { CallNode, ExtractionScope } from '../query/library.ts'
import type { FileView } from './file.ts'
import { originOf } from '../source/origin.ts'
import { senders, sentStatements, textOf } from './sent.ts'
import { tenantWords } from './tenant-name.ts'

/** A statement that sets the tenant of the connection. It touches no rows, so it is no query. */
export interface SettingStatement {
  /** The call that sends it. */
  readonly node: CallNode
  /** The expression that holds its text. */
  readonly text: TSESTree.Node
  /** `app.tenant_id` */
  readonly name: string
  readonly level: 'session' | 'local'
  readonly client: Connection
}

/**
 * `pool`: hands each statement to any connection. `pooled`: one connection, given back later. `dedicated`: a connection that
 * nobody else gets. `transaction`: what a transaction's callback is given. `unknown`: whatever the caller passed.
 */
export interface Connection {
  readonly kind: 'pool' | 'pooled' | 'dedicated' | 'transaction' | 'unknown'
  /** As in the source; null where the client is not in sight. */
  readonly path: string | null
}

const setText = /^\s*set\s+(?:(session|local)\s+)?((?:"?\w+"?)(?:\."?\w+"?)+)\s*(?:=|\bto\b)/i
const setConfig = /\bset_config\s*\(\s*'([\w.]+)'\s*,[^]*?,\s*(true|false|'t'|'f'|1|0)\s*\)/i

/** The statements of the file that set the tenant. */
export function settingStatements(file: FileView): readonly SettingStatement[] {
  return sentStatements(file).flatMap(({ node, source, text, client }): SettingStatement[] => {
    const setting = settingIn(text)
    if (setting === null || !isTenantSetting(setting.name, file)) return []
    return [{ ...setting, node, text: source, client: connectionOf(client, file.scope) }]
  })
}

function settingIn(text: string): Pick<SettingStatement, 'name' | 'level'> | null {
  const set = setText.exec(text)
  if (set !== null) {
    const level = set[1]?.toLowerCase() === 'local' ? 'local' : 'session'
    return { name: set[2]!.replaceAll('"', ''), level }
  }
  const called = setConfig.exec(text)
  if (called === null) return null
  return { name: called[1]!, level: /true|'t'|1/i.test(called[2]!) ? 'local' : 'session' }
}

function isTenantSetting(name: string, { tenancy }: FileView): boolean {
  if (tenancy.setting !== null) return name.toLowerCase() === tenancy.setting.toLowerCase()
  const words = tenantWords(tenancy)
  const last = name.split('.').at(-1)!.toLowerCase().replaceAll('_', '')
  return words.some((word) => last.includes(word)) || /tenant|organi[sz]ation|workspace/.test(last)
}

const rootClasses = /^(Pool|PrismaClient|Kysely|BoundPool|DataSource|Sequelize)$/

/** What the receiver of a statement is. */
export function connectionOf(node: TSESTree.Node | null, scope: ExtractionScope): Connection {
  if (node === null) return { kind: 'unknown', path: null }
  const path = scope.pathOf(node)
  const definition = scope.definitionOf(node)
  if (definition.kind === 'callbackParameter') return { kind: 'transaction', path }
  const origin = originOf(definition)
  const name = origin?.path.at(-1) ?? ''
  if (definition.kind === 'call')
    return {
      kind: /^(connect|acquire|reserve)$/.test(name)
        ? 'pooled'
        : isMaker(origin?.module)
          ? 'pool'
          : 'unknown',
      path,
    }
  if (origin?.made !== true) return { kind: 'unknown', path }
  if (rootClasses.test(name)) return { kind: 'pool', path }
  const dedicated = /^(Client)$/.test(name) && /^(pg|@neondatabase\/serverless)$/.test(origin.module)
  return { kind: dedicated ? 'dedicated' : 'unknown', path }
}

/** Functions that make a root client: `postgres(url)`, `knex(config)`, `drizzle(pool)`. */
const isMaker = (module: string | undefined): boolean =>
  module !== undefined && /^(postgres|knex|drizzle-orm(\/.*)?)$/.test(module)

const begins = /\b(begin|start\s+transaction)\b/i
const beginners = /^(begin|beginTransaction|startTransaction|transaction|tx)$/

/** Does the function begin a transaction before the statement, or is the statement one of a batch that is one? */
export function isInTransaction({ node, client }: SettingStatement, file: FileView): boolean {
  if (client.kind === 'transaction') return true
  const around = functionAround(node)
  return file.all('CallExpression').some((call) => {
    const callee = unwrap(call.callee)
    const name = callee.type === 'MemberExpression' ? (memberName(callee) ?? '') : ''
    if (/^\$?transaction$/.test(name) && contains(call, node)) return true
    if (call.range[0] > node.range[0] || (around !== null && !contains(around, call))) return false
    if (beginners.test(name)) return true
    const [first] = call.arguments
    return first !== undefined && senders.test(name) && begins.test(textOf(first, file.scope) ?? '')
  })
}

const resets = /\b(reset\s+(all|[\w".]+)|discard\s+all)\b|set_config\s*\(\s*'[\w.]+'\s*,\s*(''|null)/i

/** Is the setting taken back in a `finally` of the same function? */
export function isTakenBack({ node }: SettingStatement, file: FileView): boolean {
  const around = functionAround(node)
  const { text } = file.scope.sourceCode
  return file.all('TryStatement').some(({ finalizer }) => {
    if (finalizer === null || (around !== null && !contains(around, finalizer))) return false
    return resets.test(text.slice(finalizer.range[0], finalizer.range[1]))
  })
}
