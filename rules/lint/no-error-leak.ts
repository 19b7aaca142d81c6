import type { Tier } from '../query/rule.ts'
import { type Raised, raisedIn } from '../surroundings/attempt.ts'
import { caughtErrors } from '../surroundings/caught.ts'
import { type Exposure, exposuresIn } from '../surroundings/exposure.ts'
import { answersOf } from '../surroundings/responses.ts'
import { defineFileRule } from '../surroundings/rule.ts'

interface Options {
  /** Report only stacks, statements, fields of the driver and whole errors, not texts. */
  readonly onlyCertain: boolean
  /** Report also texts of errors in whose attempt no query and no code of the program is in sight. */
  readonly reportUnknown: boolean
  /** How surely the error must be one of the database that tells of rows. */
  readonly tier: Tier
}

/** An error that the database may have raised, sent to the client. */
export default defineFileRule<Options>({
  name: 'no-error-leak',
  description: 'Disallow sending errors of the database to clients',
  messages: {
    details:
      '`{{source}}` is sent to the client: it can hold the statement, constraint, values or stack of a failed query. Send a fixed text, and log the error.',
    message:
      '`{{source}}` is sent to the client, and {{origin}}. Send a fixed text, and log the error; an error that clients may see gets a class of its own.',
  },
  schema: {
    onlyCertain: {
      type: 'boolean',
      description: 'Report only stacks, statements, fields of the driver and whole errors, not texts.',
    },
    reportUnknown: {
      type: 'boolean',
      description:
        'Report also texts of errors in whose attempt no query and no code of the program is in sight.',
    },
    tier: {
      type: 'string',
      enum: ['certain', 'likely', 'every'],
      description: 'How surely the error must be one of the database that tells of rows.',
    },
  },
  defaults: { onlyCertain: false, reportUnknown: false, tier: 'every' },
  mentions: (text) =>
    /catch|setErrorHandler|onError|\b_?next\b/.test(text) &&
    /\.(json|send|end|write|text|html|body)\b|Response\(|Exception\(|TRPCError\(/.test(text),
  check(file, options, report) {
    const errors = caughtErrors(file)
    if (errors.length === 0) return
    const seen = new Set<unknown>()
    for (const { payloads } of answersOf(file)) {
      for (const exposure of payloads.flatMap((one) => exposuresIn(one, errors, file.scope))) {
        if (seen.has(exposure.node) || (exposure.kind === 'message' && options.onlyCertain)) continue
        const raised = raisedIn(exposure.caught.attempt, file)
        if (raised === null ? !options.reportUnknown : !isWanted(exposure, raised, options.tier)) continue
        seen.add(exposure.node)
        const source = file.scope.sourceCode.getText(exposure.node)
        const messageId = exposure.kind === 'message' ? 'message' : 'details'
        report(messageId, exposure.node, { source, origin: originText(exposure, raised) })
      }
    }
  },
})

/**
 * A whole error gives away what the database has put on it, and only what a write has violated quotes constraints and values. Fields
 * that are picked out by name are meant to be the database's.
 */
function isWanted({ kind, caught }: Exposure, { by, isDirect }: Raised, tier: Tier): boolean {
  if (tier === 'every') return true
  if (tier === 'certain' && !isDirect && caught.attempt !== null) return false
  return kind === 'whole' ? by === 'write' : tier === 'likely' || by !== 'unseen'
}

function originText({ caught }: Exposure, raised: Raised | null): string {
  if (caught.attempt === null) return 'any error of the application comes here'
  return raised !== null && raised.by !== 'unseen'
    ? 'a query can raise it'
    : 'the code that it guards can raise any error'
}
