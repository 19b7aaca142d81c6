/**
 * Read-only questions to `pg_catalog`, in the dialect that releases 13 to 18 share: columns that only some releases have are
 * reached through `to_jsonb(row)`, which gives null where they are missing.
 */

/** Not the system's, and not made by an extension. */
const ours = (oid: string, catalog: string, namespace: string): string => `
  ${namespace}.nspname !~ '^pg_' AND ${namespace}.nspname <> 'information_schema'
  AND NOT EXISTS (
    SELECT 1 FROM pg_catalog.pg_depend AS d
    WHERE d.classid = 'pg_catalog.${catalog}'::pg_catalog.regclass AND d.objid = ${oid} AND d.deptype = 'e'
  )`

/** Spelling of a type: as `format_type`, but with the schema whenever it is not `pg_catalog`. */
const typeText = (type: string, modifier: string): string => `(
  SELECT CASE
    WHEN base.nspname = 'pg_catalog' THEN pg_catalog.format_type(${type}, ${modifier})
    ELSE base.nspname || '.' || base.typname || CASE WHEN base.is_array THEN '[]' ELSE '' END
  END
  FROM (
    SELECT n.nspname, e.typname, t.typelem <> 0 AND t.typlen = -1 AS is_array
    FROM pg_catalog.pg_type AS t
    JOIN pg_catalog.pg_type AS e
      ON e.oid = CASE WHEN t.typelem <> 0 AND t.typlen = -1 THEN t.typelem ELSE t.oid END
    JOIN pg_catalog.pg_namespace AS n ON n.oid = e.typnamespace
    WHERE t.oid = ${type}
  ) AS base
)`

const columnNames = (relation: string, numbers: string): string => `(
  SELECT pg_catalog.json_agg(a.attname ORDER BY part.position)
  FROM pg_catalog.unnest(${numbers}) WITH ORDINALITY AS part (number, position)
  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = ${relation} AND a.attnum = part.number
)`

export const catalogQueries = {
  version: `SELECT pg_catalog.current_setting('server_version_num')::integer AS number`,

  tables: `
    SELECT c.oid::text AS oid, n.nspname AS schema, c.relname AS name, c.relrowsecurity AS row_security,
      c.relforcerowsecurity AS force_row_security, c.relispartition AS partition,
      pg_catalog.pg_get_userbyid(c.relowner) AS owner,
      (
        SELECT pg_catalog.json_agg(pg_catalog.json_build_object('schema', pn.nspname, 'name', p.relname) ORDER BY i.inhseqno)
        FROM pg_catalog.pg_inherits AS i
        JOIN pg_catalog.pg_class AS p ON p.oid = i.inhparent
        JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.relnamespace
        WHERE i.inhrelid = c.oid
      ) AS inherits
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't' AND ${ours('c.oid', 'pg_class', 'n')}`,

  columns: `
    SELECT a.attrelid::text AS oid, a.attname AS name, ${typeText('a.atttypid', 'a.atttypmod')} AS type,
      NOT a.attnotnull AS nullable,
      CASE WHEN a.attgenerated = '' THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END AS default,
      CASE WHEN a.attidentity <> '' THEN 'identity' WHEN a.attgenerated = 's' THEN 'stored'
        WHEN a.attgenerated = 'v' THEN 'virtual' END AS generated,
      (
        SELECT l.collname FROM pg_catalog.pg_collation AS l
        JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
        WHERE l.oid = a.attcollation AND a.attcollation <> t.typcollation
      ) AS collation
    FROM pg_catalog.pg_attribute AS a
    JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'f') AND n.nspname !~ '^pg_'
    ORDER BY a.attrelid, a.attnum`,

  /** A foreign key to a partitioned table has one more row for every partition: only the written one counts. */
  constraints: `
    SELECT k.conrelid::text AS oid, k.contype AS kind, k.conname AS name,
      ${columnNames('k.conrelid', 'k.conkey')} AS columns,
      rn.nspname AS referenced_schema, r.relname AS referenced_name,
      ${columnNames('k.confrelid', 'k.confkey')} AS referenced_columns,
      k.confdeltype AS on_delete, k.confupdtype AS on_update,
      (
        SELECT pg_catalog.json_agg(a.attname ORDER BY s.position)
        FROM pg_catalog.jsonb_array_elements_text(
          CASE pg_catalog.jsonb_typeof(pg_catalog.to_jsonb(k) -> 'confdelsetcols')
            WHEN 'array' THEN pg_catalog.to_jsonb(k) -> 'confdelsetcols' ELSE '[]' END
        ) WITH ORDINALITY AS s (number, position)
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = s.number::integer
      ) AS on_delete_columns,
      pg_catalog.pg_get_expr(i.indpred, i.indrelid) AS predicate,
      pg_catalog.to_jsonb(i) ->> 'indnullsnotdistinct' AS nulls_equal,
      i.indexrelid::text AS index_oid, i.indnkeyatts AS index_width
    FROM pg_catalog.pg_constraint AS k
    LEFT JOIN pg_catalog.pg_class AS r ON r.oid = k.confrelid
    LEFT JOIN pg_catalog.pg_namespace AS rn ON rn.oid = r.relnamespace
    LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = k.conindid AND k.contype <> 'f'
    WHERE k.contype IN ('p', 'u', 'x', 'f') AND k.conrelid <> 0
      AND NOT EXISTS (
        SELECT 1 FROM pg_catalog.pg_constraint AS parent
        WHERE parent.oid = k.conparentid AND parent.conrelid = k.conrelid
      )
    ORDER BY k.oid`,

  indexes: `
    SELECT i.indrelid::text AS oid, c.relname AS name, i.indisunique AS unique,
      pg_catalog.pg_get_expr(i.indpred, i.indrelid) AS predicate,
      pg_catalog.to_jsonb(i) ->> 'indnullsnotdistinct' AS nulls_equal,
      (
        SELECT pg_catalog.json_agg(
          CASE WHEN a.attnum IS NULL
            THEN pg_catalog.json_build_object('expression', pg_catalog.pg_get_indexdef(i.indexrelid, k.position::integer, true))
            ELSE pg_catalog.json_build_object('column', a.attname) END ORDER BY k.position)
        FROM pg_catalog.unnest(i.indkey::smallint[]) WITH ORDINALITY AS k (number, position)
        LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number AND k.number > 0
        WHERE k.position <= i.indnkeyatts
      ) AS columns
    FROM pg_catalog.pg_index AS i
    JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
    WHERE NOT EXISTS (
      SELECT 1 FROM pg_catalog.pg_constraint AS k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')
    )
    ORDER BY c.oid`,

  policies: `
    SELECT p.polrelid::text AS oid, p.polname AS name, p.polpermissive AS permissive, p.polcmd AS command,
      pg_catalog.pg_get_expr(p.polqual, p.polrelid) AS using,
      pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) AS check,
      (
        SELECT pg_catalog.json_agg(CASE WHEN r.id = 0 THEN 'public' ELSE pg_catalog.pg_get_userbyid(r.id) END)
        FROM pg_catalog.unnest(p.polroles) AS r (id)
      ) AS roles
    FROM pg_catalog.pg_policy AS p
    ORDER BY p.oid`,

  views: `
    SELECT n.nspname AS schema, c.relname AS name, c.relkind = 'm' AS materialized,
      pg_catalog.pg_get_userbyid(c.relowner) AS owner, pg_catalog.pg_get_viewdef(c.oid) AS text,
      pg_catalog.to_json(c.reloptions) AS options,
      (
        SELECT pg_catalog.json_agg(DISTINCT pg_catalog.jsonb_build_object('schema', rn.nspname, 'name', r.relname))
        FROM pg_catalog.pg_rewrite AS w
        JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = w.oid
        JOIN pg_catalog.pg_class AS r ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = r.oid
        JOIN pg_catalog.pg_namespace AS rn ON rn.oid = r.relnamespace
        WHERE w.ev_class = c.oid AND r.oid <> c.oid AND r.relkind IN ('r', 'p', 'f', 'v', 'm')
      ) AS reads
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('v', 'm') AND c.relpersistence <> 't' AND ${ours('c.oid', 'pg_class', 'n')}`,

  triggers: `
    SELECT t.tgrelid::text AS oid, t.tgname AS name, n.nspname AS function_schema, p.proname AS function_name,
      CASE WHEN c.relkind = 'v' THEN cn.nspname || '.' || c.relname END AS view
    FROM pg_catalog.pg_trigger AS t
    JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
    JOIN pg_catalog.pg_namespace AS cn ON cn.oid = c.relnamespace
    JOIN pg_catalog.pg_proc AS p ON p.oid = t.tgfoid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
    WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND ${ours('c.oid', 'pg_class', 'cn')}
    ORDER BY t.tgname`,

  functions: `
    SELECT n.nspname AS schema, p.proname AS name, l.lanname AS language, p.prosecdef AS security_definer,
      p.proleakproof AS leakproof, p.provolatile AS volatility, pg_catalog.to_json(p.proconfig) AS settings,
      pg_catalog.pg_get_userbyid(p.proowner) AS owner,
      CASE WHEN p.prosrc = '' THEN pg_catalog.pg_get_functiondef(p.oid) ELSE p.prosrc END AS body,
      (
        SELECT pg_catalog.json_agg(${typeText('a.type', '-1')} ORDER BY a.position)
        FROM pg_catalog.unnest(p.proargtypes::oid[]) WITH ORDINALITY AS a (type, position)
      ) AS arguments
    FROM pg_catalog.pg_proc AS p
    JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
    JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
    WHERE p.prokind IN ('f', 'p') AND ${ours('p.oid', 'pg_proc', 'n')}`,

  roles: `
    SELECT r.rolname AS name, r.rolsuper AS superuser, r.rolbypassrls AS bypass_rls, r.rolcanlogin AS login,
      (
        SELECT pg_catalog.json_agg(DISTINCT g.rolname)
        FROM pg_catalog.pg_auth_members AS m JOIN pg_catalog.pg_roles AS g ON g.oid = m.roleid
        WHERE m.member = r.oid
      ) AS member_of
    FROM pg_catalog.pg_roles AS r
    WHERE r.rolname !~ '^pg_'`,

  /** The owner's own privileges are left out: they need no grant. */
  grants: `
    SELECT n.nspname AS schema, c.relname AS name, CASE WHEN c.relkind = 'S' THEN 'sequence' ELSE 'table' END AS kind,
      a.attname AS column, acl.privilege_type AS privilege,
      CASE WHEN acl.grantee = 0 THEN 'public' ELSE pg_catalog.pg_get_userbyid(acl.grantee) END AS grantee
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    LEFT JOIN LATERAL (
      SELECT NULL::name AS attname, c.relacl AS acl
      UNION ALL
      SELECT attname, attacl FROM pg_catalog.pg_attribute
      WHERE attrelid = c.oid AND attacl IS NOT NULL AND NOT attisdropped
    ) AS a ON true
    CROSS JOIN LATERAL pg_catalog.aclexplode(a.acl) AS acl
    WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND acl.grantee <> c.relowner
      AND acl.privilege_type <> 'MAINTAIN' AND ${ours('c.oid', 'pg_class', 'n')}
    UNION ALL
    SELECT NULL, n.nspname, 'schema', NULL, acl.privilege_type,
      CASE WHEN acl.grantee = 0 THEN 'public' ELSE pg_catalog.pg_get_userbyid(acl.grantee) END
    FROM pg_catalog.pg_namespace AS n CROSS JOIN LATERAL pg_catalog.aclexplode(n.nspacl) AS acl
    WHERE acl.grantee <> n.nspowner AND ${ours('n.oid', 'pg_namespace', 'n')}
    UNION ALL
    SELECT n.nspname, '*', 'default', NULL, acl.privilege_type,
      CASE WHEN acl.grantee = 0 THEN 'public' ELSE pg_catalog.pg_get_userbyid(acl.grantee) END
    FROM pg_catalog.pg_default_acl AS d
    LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = d.defaclnamespace
    CROSS JOIN LATERAL pg_catalog.aclexplode(d.defaclacl) AS acl
    WHERE d.defaclobjtype = 'r' AND acl.grantee <> d.defaclrole AND acl.privilege_type <> 'MAINTAIN'`,

  settings: `
    SELECT r.rolname AS role, d.datname AS database, pg_catalog.to_json(s.setconfig) AS settings
    FROM pg_catalog.pg_db_role_setting AS s
    LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = s.setrole
    LEFT JOIN pg_catalog.pg_database AS d ON d.oid = s.setdatabase
    WHERE s.setdatabase = 0 OR d.datname = pg_catalog.current_database()`,
} as const
