import type { AuditCheck } from './check.ts'
import { nameOf, quote, quoteRelation } from './subjects.ts'

export const definerSearchPath: AuditCheck = {
  id: 'definer-search-path',
  direction: 'open',
  title: "A SECURITY DEFINER function that resolves names by the caller's search_path",
  catalogue: 48,
  *run({ schema }) {
    for (const routine of schema.functions) {
      if (!routine.securityDefiner || routine.searchPath !== null) continue
      const name = `${nameOf(routine)}(${routine.arguments})`
      yield {
        object: `function ${name}`,
        origin: routine.origin,
        message:
          `${name} runs with the rights of its owner, but looks names up in the caller's search_path: a caller can put ` +
          `its own table or function in front. Pin the path.`,
        fix: `ALTER FUNCTION ${quoteRelation(routine)}(${routine.arguments}) SET search_path = ${quote('pg_catalog')}, ${quote(routine.schema ?? 'public')}, pg_temp;`,
        key: name,
      }
    }
  },
}
