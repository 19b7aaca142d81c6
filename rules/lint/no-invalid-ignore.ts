import { defineEscapeRule } from '../query/rule.ts'

/** An escape comment or entry that has no reason, has ended, names another query, or excuses nothing. */
export default defineEscapeRule({
  name: 'no-invalid-ignore',
  type: 'suggestion',
  description: 'Disallow escapes without a reason, past their last day, or with nothing to excuse',
  messages: {
    comment: 'This watertight comment does not hold: {{fault}}.',
    setting: 'An entry of the configuration does not hold for this file: {{fault}}.',
  },
  check({ comment, text }, report) {
    report(comment === null ? 'setting' : 'comment', { fault: text })
  },
})
