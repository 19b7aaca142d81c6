import { databaseIn } from '../surroundings/attempt.ts'
import { caughtErrors } from '../surroundings/caught.ts'
import { type Exposure, exposuresIn } from '../surroundings/exposure.ts'
import type { FileView } from '../surroundings/file.ts'
import { answersOf } from '../surroundings/responses.ts'
import { defineFileRule } from '../surroundings/rule.ts'

interface Options {
  /** Report only stacks, statements, fields of the driver and whole errors, not texts. */
  readonly onlyCertain: boolean
  /** Report also texts of errors in whose attempt no query and no code of the program is in sight. */
  readonly reportUnknown: boolean
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
  },
  defaults: { onlyCertain: false, reportUnknown: false },
  mentions: (text) =>
    /catch|setErrorHandler|onError|\b_?next\b/.test(text) &&
    /\.(json|send|end|write|text|html|body)\b|Response\(|Exception\(|TRPCError\(/.test(text),
  check(file, options, report) {
    const errors = caughtErrors(file)
    if (errors.length === 0) return
    const seen = new Set<unknown>()
    for (const { payloads } of answersOf(file)) {
      for (const exposure of payloads.flatMap((one) => exposuresIn(one, errors, file.scope))) {
        const origin = originText(exposure, file, options)
        if (origin === null || seen.has(exposure.node)) continue
        seen.add(exposure.node)
        const source = file.scope.sourceCode.getText(exposure.node)
        report(exposure.kind, exposure.node, { source, origin })
      }
    }
  },
})

function originText(exposure: Exposure, file: FileView, options: Options): string | null {
  const database = databaseIn(exposure.caught.attempt, file)
  if (database === null && !options.reportUnknown) return null
  if (exposure.kind === 'message' && options.onlyCertain) return null
  if (database === 'certain') return 'a query can raise it'
  return exposure.caught.attempt === null
    ? 'any error of the application comes here'
    : 'the code that it guards can raise any error'
}
