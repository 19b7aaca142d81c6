import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../source/binding.ts'
import { unwrap } from '../source/children.ts'
import type { Definition } from '../source/definition.ts'
import type { ExtractionScope } from '../query/library.ts'
import type { FileView } from './file.ts'
import { isGlobal, originOf } from '../source/origin.ts'

/** A call that writes to the log. */
export interface LogCall {
  readonly node: TSESTree.CallExpression
  readonly values: readonly TSESTree.Node[]
  readonly logger: 'console' | 'library'
  /** Paths that the logger itself leaves out or masks, as its options write them. */
  readonly redacted: readonly string[]
}

const packages =
  /^(pino|pino-http|winston|bunyan|consola|loglevel|log4js|tslog|signale|roarr|npmlog|electron-log|@logtape\/logtape|@logtail\/.*|@axiomhq\/.*|next-axiom|fastify|@nestjs\/common|nestjs-pino|@hapi\/.*|koa-pino-logger)$/

/** Packages of which only these exports and their members log. */
const loggersOf: Readonly<Record<string, RegExp>> = {
  '@nestjs/common': /(^|\.)(Console)?Logger\b/,
  fastify: /(^|\.)log(ger)?\b/,
}

const levels =
  /^(log|info|warn|warning|error|debug|trace|fatal|verbose|silly|http|notice|crit|critical|success|dir|table)$/

/** `logger`, `request.log`, `this.logger`, `auditLogger`: what is handed in, or exported by a package, is a logger by its name. */
const named = /(^|\.)(log|logger|\w+Logger|_log|_logger|childLogger)(\(\))?$/

/** Everything that the file logs: `console`, pino, winston and others, the loggers of Fastify and NestJS, and what is called a logger. */
export function logCallsOf(file: FileView): readonly LogCall[] {
  return file.all('CallExpression').flatMap((node): LogCall[] => {
    const logger = loggerOf(node, file)
    if (logger === null) return []
    const { callee } = node
    // `console.table(rows, columns)` writes the columns that it names.
    const isTable = callee.type === 'MemberExpression' && memberName(callee) === 'table'
    if (isTable && node.arguments.length > 1) return []
    const values = node.arguments.map((one) => (one.type === 'SpreadElement' ? one.argument : one))
    return [{ node, values, ...logger }]
  })
}

function loggerOf(
  node: TSESTree.CallExpression,
  file: FileView,
): Pick<LogCall, 'logger' | 'redacted'> | null {
  const callee = unwrap(node.callee)
  if (callee.type !== 'MemberExpression' || !levels.test(memberName(callee) ?? '')) return null
  const { scope } = file
  const definition = scope.definitionOf(callee.object)
  if (isGlobal(definition, 'console')) return { logger: 'console', redacted: [] }
  const origin = originOf(definition)
  if (origin !== null && packages.test(origin.module)) {
    const wanted = loggersOf[origin.module]
    if (wanted !== undefined && !wanted.test(origin.path.join('.'))) return null
    return { logger: 'library', redacted: redactedBy(definition, scope) }
  }
  if (origin !== null) return named.test(origin.path[0] ?? '') ? { logger: 'library', redacted: [] } : null
  return named.test(scope.pathOf(callee.object)) ? { logger: 'library', redacted: [] } : null
}

/** The paths of `pino({ redact: ['password', '*.token'] })`, also below `child()`. */
function redactedBy(definition: Definition, scope: ExtractionScope): readonly string[] {
  switch (definition.kind) {
    case 'member':
      return redactedBy(definition.object, scope)
    case 'call':
    case 'instance': {
      const text = scope.textOf(definition.node, definition.module)
      const own = text === null ? [] : pathsIn(text)
      const from = definition.kind === 'call' ? definition.callee : definition.of
      return [...own, ...redactedBy(from, scope)]
    }
    default:
      return []
  }
}

/** The options are read as text, for they may stand in another file. */
function pathsIn(text: string): readonly string[] {
  const option = /\bredact\s*:\s*(?:\{[^{}]*?\bpaths\s*:\s*)?\[([^\]]*)\]/.exec(text)
  return option === null ? [] : [...option[1]!.matchAll(/(['"`])(.*?)\1/g)].map((match) => match[2]!)
}
