/** A hole in a schema that has none: how it is made, what is found, how it is closed again. */
export interface Story {
  readonly check: string
  readonly title: string
  readonly make: string
  readonly close: string
  /** `<check>/<key>` of everything found while the hole is open. */
  readonly finds: readonly string[]
}

const acting = `nullif(current_setting('app.org', true), '')::uuid`

/** A schema without holes. `app` and `owner` stand for roles of the test's own. */
export const base = `
CREATE ROLE owner NOLOGIN;
CREATE ROLE app LOGIN;
CREATE TABLE orgs (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), slug text NOT NULL UNIQUE);
CREATE TABLE countries (code text PRIMARY KEY);
CREATE TABLE projects (
  org_id uuid NOT NULL REFERENCES orgs,
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  name text NOT NULL,
  country text REFERENCES countries,
  PRIMARY KEY (org_id, id),
  UNIQUE (org_id, name),
  UNIQUE (id)
);
CREATE TABLE tasks (
  org_id uuid NOT NULL,
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  project_id uuid,
  FOREIGN KEY (org_id, project_id) REFERENCES projects (org_id, id) ON DELETE SET NULL (project_id)
);
CREATE TABLE notes (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  task_id uuid NOT NULL REFERENCES tasks (id),
  body text
);
${['orgs', 'projects', 'tasks', 'notes']
  .map((table) => {
    const condition =
      table === 'notes'
        ? `EXISTS (SELECT 1 FROM tasks WHERE tasks.id = notes.task_id AND tasks.org_id = ${acting})`
        : `${table === 'orgs' ? 'id' : 'org_id'} = ${acting}`
    return `
ALTER TABLE ${table} OWNER TO owner;
ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE ${table} FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON ${table} USING (${condition});
GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO app;`
  })
  .join('\n')}
`

export const tenancy = {
  tenantRoot: 'orgs',
  tenantColumns: ['org_id'],
  setting: 'app.org',
  relations: {
    orgs: { root: 'id' },
    projects: { owned: 'org_id' },
    tasks: { owned: 'org_id' },
    notes: { ownedThrough: ['task_id', 'tasks'] },
    countries: { global: 'reference data' },
  },
  rowLevelSecurity: 'forced',
} as const

export const stories: readonly Story[] = [
  {
    check: 'rls-disabled',
    title: 'row security off and no policy',
    make: `ALTER TABLE tasks DISABLE ROW LEVEL SECURITY; DROP POLICY own ON tasks;`,
    close: `ALTER TABLE tasks ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON tasks USING (org_id = ${acting});`,
    finds: ['rls-disabled/public.tasks'],
  },
  {
    check: 'policy-without-rls',
    title: 'policies that are not switched on',
    make: `ALTER TABLE tasks DISABLE ROW LEVEL SECURITY;`,
    close: `ALTER TABLE tasks ENABLE ROW LEVEL SECURITY;`,
    finds: ['policy-without-rls/public.tasks'],
  },
  {
    check: 'rls-without-policy',
    title: 'row security and no policy',
    make: `DROP POLICY own ON tasks;`,
    close: `CREATE POLICY own ON tasks USING (org_id = ${acting});`,
    finds: ['rls-without-policy/public.tasks'],
  },
  {
    check: 'rls-not-forced',
    title: 'the owner is exempt',
    make: `ALTER TABLE orgs NO FORCE ROW LEVEL SECURITY;`,
    close: `ALTER TABLE orgs FORCE ROW LEVEL SECURITY;`,
    finds: ['rls-not-forced/public.orgs'],
  },
  {
    check: 'only-restrictive-policies',
    title: 'nothing to restrict',
    make: `DROP POLICY own ON tasks; CREATE POLICY narrow ON tasks AS RESTRICTIVE USING (org_id = ${acting});`,
    close: `DROP POLICY narrow ON tasks; CREATE POLICY own ON tasks USING (org_id = ${acting});`,
    finds: ['only-restrictive-policies/public.tasks'],
  },
  {
    check: 'partition-without-rls',
    title: 'a child granted on its own',
    make: `CREATE TABLE archived () INHERITS (tasks); GRANT SELECT ON archived TO app;`,
    close: `REVOKE SELECT ON archived FROM app;`,
    finds: ['partition-without-rls/public.archived'],
  },
  {
    check: 'default-privileges-to-public',
    title: 'future tables for everybody',
    make: `ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO PUBLIC;`,
    close: `ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE SELECT ON TABLES FROM PUBLIC;`,
    finds: ['default-privileges-to-public/public'],
  },
  {
    check: 'nullable-tenant-column',
    title: 'a row of nobody',
    make: `ALTER TABLE tasks ALTER COLUMN org_id DROP NOT NULL;`,
    close: `ALTER TABLE tasks ALTER COLUMN org_id SET NOT NULL;`,
    finds: ['nullable-tenant-column/public.tasks.org_id'],
  },
  {
    check: 'tenant-column-default',
    title: 'a fixed tenant',
    make: `ALTER TABLE tasks ALTER COLUMN org_id SET DEFAULT '00000000-0000-0000-0000-000000000001'::uuid;`,
    close: `ALTER TABLE tasks ALTER COLUMN org_id SET DEFAULT ${acting};`,
    finds: ['tenant-column-default/public.tasks.org_id'],
  },
  {
    check: 'child-without-tenant-key',
    title: 'a global table that points at rows of tenants',
    make: `ALTER TABLE countries ADD COLUMN last_task uuid CONSTRAINT last_task REFERENCES tasks (id);`,
    close: `ALTER TABLE countries DROP CONSTRAINT last_task;`,
    finds: ['child-without-tenant-key/public.countries'],
  },
  {
    check: 'unclassified-table',
    title: 'a table that the model forgets',
    make: `CREATE TABLE task_history AS SELECT * FROM tasks;`,
    close: `DROP TABLE task_history;`,
    finds: ['unclassified-table/public.task_history'],
  },
  {
    check: 'policy-always-true',
    title: 'one branch is true',
    make: `CREATE POLICY wide ON tasks FOR SELECT USING (org_id = ${acting} OR true);`,
    close: `DROP POLICY wide ON tasks;`,
    finds: ['policy-always-true/public.tasks/wide/using'],
  },
  {
    check: 'insert-without-check',
    title: 'WITH CHECK (true) beside a confined USING',
    make: `ALTER POLICY own ON tasks WITH CHECK (true);`,
    close: `ALTER POLICY own ON tasks WITH CHECK (org_id = ${acting});`,
    finds: ['insert-without-check/public.tasks/own/check'],
  },
  {
    check: 'open-write-gate',
    title: 'DELETE finds everything',
    make: `CREATE POLICY purge ON tasks FOR DELETE USING (true);`,
    close: `DROP POLICY purge ON tasks;`,
    finds: ['open-write-gate/public.tasks/purge/using'],
  },
  {
    check: 'policy-union-not-confined',
    title: 'a second permissive policy widens the first',
    make: `CREATE POLICY shared ON projects FOR SELECT USING (name LIKE 'public%');`,
    close: `DROP POLICY shared ON projects;`,
    finds: ['policy-union-not-confined/public.projects/shared/using'],
  },
  {
    check: 'policy-identity-null',
    title: 'open to nobody',
    make: `CREATE POLICY job ON tasks FOR SELECT USING (current_setting('app.org', true) IS NULL OR org_id = ${acting});`,
    close: `DROP POLICY job ON tasks;`,
    finds: ['policy-identity-null/public.tasks/job/using'],
  },
  {
    check: 'policy-bypass-setting',
    title: 'a switch for all',
    make: `CREATE POLICY admin ON tasks FOR SELECT USING (current_setting('app.bypass', true) = 'on');`,
    close: `DROP POLICY admin ON tasks;`,
    finds: ['policy-bypass-setting/public.tasks/admin/using'],
  },
  {
    check: 'privileged-application-role',
    title: 'BYPASSRLS through a group',
    make: `CREATE ROLE dbadmin NOLOGIN BYPASSRLS; GRANT dbadmin TO app;`,
    close: `REVOKE dbadmin FROM app;`,
    finds: ['privileged-application-role/app'],
  },
  {
    check: 'stored-tenant-setting',
    title: 'sessions that start inside a tenant',
    make: `ALTER ROLE app SET app.org = '00000000-0000-0000-0000-000000000001';`,
    close: `ALTER ROLE app RESET app.org;`,
    finds: ['stored-tenant-setting/role app/app.org'],
  },
  {
    check: 'view-without-security-invoker',
    title: 'a view over a view',
    make: `CREATE VIEW inner_view WITH (security_invoker) AS SELECT * FROM tasks; CREATE VIEW outer_view AS SELECT id FROM inner_view;`,
    close: `ALTER VIEW outer_view SET (security_invoker = true);`,
    finds: ['view-without-security-invoker/public.outer_view'],
  },
  {
    check: 'materialized-view-over-owned',
    title: 'a stored copy',
    make: `CREATE MATERIALIZED VIEW counts AS SELECT org_id, count(*) FROM tasks GROUP BY 1;`,
    close: `DROP MATERIALIZED VIEW counts;`,
    finds: ['materialized-view-over-owned/public.counts'],
  },
  {
    check: 'definer-search-path',
    title: "names by the caller's path",
    make: `CREATE FUNCTION tidy(a int) RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';`,
    close: `ALTER FUNCTION tidy(int) SET search_path = pg_catalog, pg_temp;`,
    finds: ['definer-search-path/public.tidy(integer)'],
  },
  {
    check: 'truncate-granted',
    title: 'TRUNCATE through ALL',
    make: `GRANT ALL ON tasks TO app;`,
    close: `REVOKE TRUNCATE ON tasks FROM app;`,
    finds: ['truncate-granted/public.tasks/app'],
  },
  {
    check: 'unique-without-tenant',
    title: 'a unique index over all tenants',
    make: `CREATE UNIQUE INDEX ON projects (lower(name)); ALTER TABLE projects ADD UNIQUE (country);`,
    close: `DROP INDEX projects_lower_idx; ALTER TABLE projects DROP CONSTRAINT projects_country_key;`,
    finds: [
      'unique-without-tenant/public.projects/projects_country_key',
      'unique-without-tenant/public.projects/projects_lower_idx',
    ],
  },
  {
    check: 'foreign-key-without-tenant',
    title: 'a reference on the id alone',
    make: `ALTER TABLE tasks ADD CONSTRAINT loose FOREIGN KEY (project_id) REFERENCES projects (id);`,
    close: `ALTER TABLE tasks DROP CONSTRAINT loose;`,
    finds: ['foreign-key-without-tenant/public.tasks/loose'],
  },
  {
    check: 'foreign-key-nulls-tenant',
    title: 'SET NULL on all columns',
    make: `ALTER TABLE tasks ADD CONSTRAINT again FOREIGN KEY (org_id, project_id) REFERENCES projects (org_id, id) ON DELETE SET NULL;`,
    close: `ALTER TABLE tasks DROP CONSTRAINT again;`,
    finds: ['foreign-key-nulls-tenant/public.tasks/again'],
  },
]
