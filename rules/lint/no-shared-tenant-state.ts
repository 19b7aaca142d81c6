import { defineFileRule } from '../surroundings/rule.ts'
import { keptOf, sharedWrites } from '../surroundings/state.ts'

/** The tenant, user or request kept where all requests of the process see it. */
export default defineFileRule<object>({
  name: 'no-shared-tenant-state',
  description: 'Disallow keeping the tenant of a request in state that all requests share',
  evenSingleTenant: false,
  presets: ['recommended', 'strict'],
  messages: {
    variable:
      '`{{place}}` keeps {{kept}} for the whole process: a request that runs meanwhile reads it too. Pass it as an argument, or keep it in an AsyncLocalStorage.',
    global:
      '`{{place}}` keeps {{kept}} for the whole process: a request that runs meanwhile reads it too. Pass it as an argument, or keep it in an AsyncLocalStorage.',
    field:
      '`{{place}}` keeps {{kept}} in an object that all requests share: a request that runs meanwhile reads it too. Pass it as an argument, or make one object for each request.',
  },
  schema: {},
  defaults: {},
  // A name of the module that is assigned, a member of `this`, or a global.
  mentions: (text) =>
    /^\s*(export\s+)?(let|var)\s|\bthis\.\w+\s*(\?\?|\|\|)?=[^=]|\bglobal(This)?\.|\bObject\.assign\(|^(export\s+)?const\s+\w+[^=\n]*=\s*\{|\bstatic\s/m.test(
      text,
    ),
  check(file, _options, report) {
    for (const write of sharedWrites(file)) {
      const kept = write.isReadElsewhere ? keptOf(write, file) : null
      if (kept !== null) report(write.kind, write.node, { place: write.place, kept })
    }
  },
})
