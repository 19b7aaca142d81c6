import { describe, expect, it } from 'vitest'
import { readCatalog } from '../../rules/schema/from-catalog.ts'
import { readMigrations } from '../../rules/schema/from-migrations.ts'
import { freshDatabase } from '../support/postgres.ts'
import { pictureOf } from '../support/schema-picture.ts'

/** Runs the script on a real server and reads both pictures. */
async function bothPictures(sql: string): Promise<{ offline: unknown; live: unknown; unread: number }> {
  const { pool } = await freshDatabase(sql)
  const live = await readCatalog(async (text) => (await pool.query(text)).rows)
  const offline = readMigrations([{ file: 'all.sql', text: sql }])
  return { offline: pictureOf(offline), live: pictureOf(live), unread: offline.unread.length }
}

const base = `
CREATE TABLE orgs (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), slug varchar(40) NOT NULL UNIQUE);
CREATE TABLE projects (
  org_id uuid NOT NULL REFERENCES orgs ON DELETE CASCADE,
  id uuid DEFAULT gen_random_uuid(),
  number serial,
  name text DEFAULT 'a, (b' NOT NULL CHECK (length(name) > 0),
  price numeric(10,2),
  tags text[],
  PRIMARY KEY (org_id, id)
);`

const stories: Readonly<Record<string, string>> = {
  'tables, keys and types': `${base}
    CREATE TYPE public.status AS ENUM ('a', 'b');
    CREATE TABLE tasks (
      org_id uuid, id bigint GENERATED ALWAYS AS IDENTITY, project_id uuid, title char(3), s status, ss status[],
      at timestamp(3) with time zone, plain timestamp, n int8, b bool, e "char", d date, i interval, x bytea,
      twice int GENERATED ALWAYS AS (3 * 2) STORED, low text COLLATE "C",
      CONSTRAINT tasks_key PRIMARY KEY (org_id, id),
      CONSTRAINT lonely UNIQUE NULLS NOT DISTINCT (title, low),
      FOREIGN KEY (org_id, project_id) REFERENCES projects (org_id, id) ON DELETE SET NULL (project_id) ON UPDATE CASCADE,
      EXCLUDE USING btree (title WITH =, (lower(low)) WITH =)
    );`,
  indexes: `${base}
    CREATE INDEX ON projects (name);
    CREATE INDEX ON projects (name);
    CREATE UNIQUE INDEX CONCURRENTLY_not ON projects (lower(name) DESC, org_id) INCLUDE (price) WHERE price IS NOT NULL;
    CREATE UNIQUE INDEX ON projects ((name || 'x'), coalesce(price, 0));
    CREATE UNIQUE INDEX gone ON projects (name);
    CREATE UNIQUE INDEX promoted ON projects (org_id, name);
    ALTER TABLE projects ADD CONSTRAINT projects_name_unique UNIQUE USING INDEX promoted;
    DROP INDEX gone;
    ALTER INDEX projects_name_idx RENAME TO renamed;`,
  alterations: `${base}
    ALTER TABLE projects ADD COLUMN a int DEFAULT (1 + 2), ADD COLUMN b text NOT NULL DEFAULT 'x', ADD COLUMN c int;
    ALTER TABLE projects ALTER a SET NOT NULL, ALTER COLUMN b DROP NOT NULL, ALTER b DROP DEFAULT, ALTER c SET DEFAULT 5;
    ALTER TABLE projects ALTER COLUMN a TYPE bigint USING a::bigint, DROP COLUMN price;
    ALTER TABLE projects ADD UNIQUE (b), ADD CONSTRAINT short UNIQUE (c);
    ALTER TABLE projects DROP CONSTRAINT short;
    ALTER TABLE projects RENAME COLUMN org_id TO tenant_id;
    ALTER TABLE projects RENAME TO works;
    ALTER TABLE orgs RENAME CONSTRAINT orgs_slug_key TO handle;
    ALTER TABLE IF EXISTS nothing ADD COLUMN z int;
    CREATE SCHEMA other; ALTER TABLE works SET SCHEMA other;
    ALTER TABLE other.works RENAME b TO "Weird ""name";
    ALTER TABLE other.works ADD COLUMN IF NOT EXISTS c int;`,
  'row security and policies': `${base}
    ALTER TABLE projects ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    CREATE POLICY one ON projects USING (org_id = current_setting('app.t')::uuid);
    CREATE POLICY two ON projects AS RESTRICTIVE FOR UPDATE TO PUBLIC USING (true) WITH CHECK (name <> 'x');
    CREATE POLICY three ON projects FOR INSERT WITH CHECK (org_id IS NOT NULL);
    CREATE POLICY four ON projects FOR DELETE USING (false);
    ALTER POLICY four ON projects RENAME TO five;
    ALTER POLICY five ON projects USING (org_id IS NOT NULL);
    DROP POLICY two ON projects;
    ALTER TABLE orgs ENABLE ROW LEVEL SECURITY; ALTER TABLE orgs DISABLE ROW LEVEL SECURITY;
    ALTER TABLE projects NO FORCE ROW LEVEL SECURITY;`,
  views: `${base}
    CREATE VIEW v WITH (security_invoker = true) AS SELECT p.name, o.slug FROM projects p JOIN orgs o ON o.id = p.org_id;
    CREATE VIEW w WITH (security_barrier) AS SELECT * FROM v WHERE slug IN (SELECT slug FROM orgs);
    CREATE VIEW c AS WITH x AS (SELECT * FROM orgs) SELECT id FROM x;
    CREATE VIEW u AS SELECT id, slug FROM orgs WITH CASCADED CHECK OPTION;
    CREATE MATERIALIZED VIEW m AS SELECT count(*) FROM projects WITH NO DATA;
    ALTER VIEW w SET (security_invoker = on);
    ALTER VIEW v RESET (security_invoker);
    CREATE OR REPLACE VIEW c AS SELECT id FROM orgs;
    CREATE TABLE copied AS SELECT org_id, name AS title FROM projects;
    SELECT * INTO copied_too FROM orgs;
    CREATE TABLE alike (LIKE projects INCLUDING ALL);
    CREATE TABLE bare (LIKE projects);
    CREATE VIEW falls AS SELECT * FROM alike;
    DROP TABLE alike CASCADE;`,
  'partitions and children': `
    CREATE TABLE events (org_id uuid NOT NULL, id uuid NOT NULL, kind text, PRIMARY KEY (org_id, id)) PARTITION BY LIST (org_id);
    CREATE INDEX ON events (kind);
    CREATE TABLE events_a PARTITION OF events DEFAULT;
    CREATE TABLE parent (id int PRIMARY KEY, name text NOT NULL);
    CREATE TABLE child (extra int) INHERITS (parent);
    ALTER TABLE parent ADD COLUMN later int;
    ALTER TABLE events ADD COLUMN later int;
    ALTER TABLE parent RENAME COLUMN name TO title;
    CREATE TABLE loose (org_id uuid NOT NULL, id uuid NOT NULL, kind text, later int);
    ALTER TABLE events DETACH PARTITION events_a;
    ALTER TABLE events ATTACH PARTITION loose DEFAULT;
    DROP TABLE events_a;`,
  functions: `${base}
    CREATE TYPE mood AS ENUM ('x');
    CREATE FUNCTION f(a int, b text DEFAULT 'x', OUT c int) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$ SELECT 1; $$;
    CREATE FUNCTION g(a mood, VARIADIC b text[]) RETURNS int LANGUAGE sql IMMUTABLE LEAKPROOF AS 'SELECT 1';
    CREATE OR REPLACE FUNCTION h() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 2 END; END;
    CREATE PROCEDURE p(inout x int) LANGUAGE plpgsql AS $body$ BEGIN x := 1; END; $body$;
    CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
    CREATE TRIGGER tt BEFORE INSERT ON orgs FOR EACH ROW EXECUTE FUNCTION t();
    ALTER FUNCTION h() SECURITY DEFINER SET search_path = pg_catalog, public;
    ALTER FUNCTION g(mood, text[]) RENAME TO gg;
    CREATE FUNCTION gone(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
    DROP FUNCTION gone(int);`,
  'long names': `
    CREATE TABLE a_table_with_a_name_that_is_rather_long_for_anybody (
      a_column_with_a_name_that_is_rather_long_as_well int UNIQUE, überlänge_in_umlauten_äöüäöüäöüäöüäöü int PRIMARY KEY
    );
    CREATE INDEX ON a_table_with_a_name_that_is_rather_long_for_anybody
      (a_column_with_a_name_that_is_rather_long_as_well, überlänge_in_umlauten_äöüäöüäöüäöüäöü);`,
  procedures: `${base}
    DO $$
    DECLARE t text; names constant text[] := ARRAY['orgs', 'projects'];
    BEGIN
      IF NOT EXISTS (SELECT 1 FROM pg_policies WHERE policyname = 'own') THEN
        CREATE POLICY own ON projects USING (org_id IS NOT NULL);
      END IF;
      FOREACH t IN ARRAY names LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE 'CREATE POLICY ' || quote_ident(t || '_all') || ' ON ' || t || ' USING (true)';
      END LOOP;
      FOR t IN SELECT unnest('{projects}'::text[]) LOOP
        EXECUTE format($f$ CREATE POLICY more ON public.%I FOR SELECT USING (org_id::text = %L) $f$, t, 'x''y');
      END LOOP;
      RAISE NOTICE 'done; really';
    EXCEPTION WHEN duplicate_object THEN
      DROP TABLE projects;
    END $$;
    CREATE FUNCTION protect(target text) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
      EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', target);
    END $$;
    SELECT protect('orgs');
    DO $$ BEGIN PERFORM protect('projects'); END $$;`,
  'search path': `
    CREATE SCHEMA app; CREATE SCHEMA more CREATE TABLE inside (id int PRIMARY KEY);
    SET search_path TO app, public;
    CREATE TABLE here (id int PRIMARY KEY);
    CREATE TABLE public.there (id int REFERENCES here);
    RESET search_path;
    CREATE TABLE third (id int);
    SELECT pg_catalog.set_config('search_path', '', false);
    ALTER TABLE app.here ADD COLUMN x int;
    ALTER SCHEMA more RENAME TO less;
    DROP SCHEMA less CASCADE;`,
}

describe('the catalog and the migrations give one picture', () => {
  it.each(Object.entries(stories))('%s', async (_, sql) => {
    const { offline, live, unread } = await bothPictures(sql)
    expect(offline).toEqual(live)
    expect(unread).toBe(0)
  })
})
