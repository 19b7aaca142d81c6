import type { Accusation, Exchange } from './oracle.ts'
import { isShared, type View } from './view.ts'
import { pathOf } from './path.ts'

interface Sign {
  readonly id: string
  readonly says: string
  readonly pattern: RegExp
}

/**
 * What an error must not tell. Sources: PostgreSQL documentation, appendix A (error codes) and the message catalogue of its
 * backend; V8's stack trace format.
 */
const signs: readonly Sign[] = [
  {
    id: 'constraint',
    says: 'names a constraint or a key of the database',
    pattern:
      /duplicate key value violates|violates (foreign key|unique|check|not-null|exclusion) constraint|Key \([^)]{1,200}\)=\(|is (still referenced from|not present in) table "|Unique constraint failed on|Foreign key constraint (failed|violated)/i,
  },
  {
    id: 'sql',
    says: 'holds SQL or a message of the database',
    pattern:
      /syntax error at or near|invalid input syntax for type|(relation|column|schema|function|operator|type) "?[\w.]+"? does not exist|permission denied for (table|relation|schema|sequence|function)|new row violates row-level security|unrecognized configuration parameter|value too long for type character|out of range for type|null value in column|current transaction is aborted|invalid byte sequence for encoding|unterminated quoted string|could not determine data type|\bselect\b[\s\S]{1,300}\bfrom\b[\s\S]{1,200}\b(where|join|limit|order by)\b|\binsert into\b\s+["\w.]+\s*\(|\bupdate\b\s+["\w.]+\s+set\b|\bdelete from\b\s+["\w.]+/i,
  },
  {
    id: 'stack',
    says: 'holds a stack trace',
    pattern:
      /(\\n|\n|<br>|&nbsp;)\s*at (async )?[\w.<>[\] ]*\(?(node:|file:\/\/|\/|[A-Z]:\\|webpack)[^\s)]*:\d+:\d+/,
  },
  {
    id: 'path',
    says: 'holds a path of the server',
    pattern:
      /(\/(home|usr|var|app|srv|opt|root|work|tmp|Users)\/[\w.@/-]+\.(js|ts|mjs|cjs|sql|json)\b|node_modules\/|[A-Z]:\\[\w\\]+\.(js|ts))/,
  },
  {
    id: 'code',
    says: 'holds an SQLSTATE or another error code of the database driver',
    pattern:
      /"(code|sqlState|sqlstate|errcode)"\s*:\s*"(22001|22003|22007|22008|22021|22023|22P02|22P05|23502|23503|23505|23514|23P01|25006|25P02|40001|40P01|42501|42601|42703|42883|42P01|42P10|42P18|53300|54001|55P03|57014|P0001|XX000)"|"(routine|internalQuery|dataTypeID)"\s*:|PrismaClient\w*Error|QueryFailedError|SequelizeDatabaseError|\bP20\d\d\b/,
  },
]

/** An error tells what the database, the code or another tenant holds. */
export function judgeErrorMessage(exchange: Exchange, view: View): Accusation | null {
  const { answer, operation } = exchange
  if (answer.status < 400 || answer.body === '') return null
  for (const { id, says, pattern } of signs) {
    const match = pattern.exec(answer.body)
    if (match === null || isEcho(match[0], exchange)) continue
    const place = pathOf(answer.json, (text) => pattern.test(text)) ?? 'body'
    if (isShared(view, operation.id, place)) continue
    return {
      oracle: 'error-message',
      detail: id,
      title: `An error of ${operation.id} ${says}`,
      evidence: `The answer (${answer.status}) ${says} in ${place}: "${match[0].slice(0, 120)}".`,
    }
  }
  return null
}

/** A service that repeats what it was sent tells nothing. */
function isEcho(text: string, exchange: Exchange): boolean {
  for (const sent of exchange.sent) if (sent.includes(text)) return true
  return false
}
