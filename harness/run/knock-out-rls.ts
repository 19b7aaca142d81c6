import type { KnockOut } from './mutant.ts'

/** Takes row-level security away from every table, so that what the application filters by itself stands alone. */
export const disableRowLevelSecurity: KnockOut = {
  id: 'rls',
  title: 'row-level security disabled on every table',
  sql: `
DO $$
DECLARE
  target regclass;
BEGIN
  FOR target IN SELECT oid FROM pg_class WHERE relrowsecurity AND relkind IN ('r', 'p') LOOP
    EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', target);
    EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', target);
  END LOOP;
END
$$`,
}
