import { describe, expect, it } from 'vitest'
import { summary } from './model.ts'

/** `$1` and the setting `app.tenant` are the acting tenant, `$9` is not known, every other value is another's. */
const cases: readonly (readonly [string, string])[] = [
  ['select * from projects where tenant_id = $1', 'projects confined'],
  ['select * from projects where id = $2', 'projects leak unfiltered'],
  ['select * from projects where id = $2 or tenant_id = $1', 'projects leak branch'],
  ["select * from projects where (id = $2 or name='x') and tenant_id = $1", 'projects confined'],
  [
    'select * from projects p join tasks t on t.project_id = p.id where p.tenant_id = $1',
    'projects confined, tasks leak unfiltered',
  ],
  [
    'select * from projects p join tasks t on t.project_id = p.id and t.tenant_id = p.tenant_id where p.tenant_id = $1',
    'projects confined, tasks confined',
  ],
  [
    'select * from projects p left join tasks t on t.project_id = p.id and t.tenant_id = $1',
    'projects leak unfiltered, tasks confined',
  ],
  [
    'select * from projects p left join tasks t on t.project_id = p.id where p.tenant_id = $1 and t.tenant_id = $1',
    'projects confined, tasks confined',
  ],
  [
    'select * from projects p left join tasks t on t.project_id = p.id where p.tenant_id = $1 and (t.tenant_id = $1 or t.id is null)',
    'projects confined, tasks leak unfiltered',
  ],
  [
    'select * from comments c join tasks t on t.id = c.task_id where t.tenant_id = $1',
    'comments confined, tasks confined',
  ],
  [
    'select * from likes l where l.comment_id in (select c.id from comments c join tasks t on t.id = c.task_id where t.tenant_id = $1)',
    'likes confined, comments confined, tasks confined',
  ],
  [
    'select * from likes l where exists (select 1 from comments c, tasks t where t.id = c.task_id and c.id = l.comment_id and t.tenant_id = $1)',
    'likes confined, comments confined, tasks confined',
  ],
  [
    'select * from likes l where l.id not in (select c.id from comments c)',
    'likes leak unfiltered, comments leak unfiltered',
  ],
  ['select * from projects where tenant_id <> $1', 'projects leak weak'],
  ['select * from projects where tenant_id = tenant_id', 'projects leak weak'],
  ['select * from projects where tenant_id = coalesce($1, tenant_id)', 'projects leak weak'],
  ['select * from projects where tenant_id = $9', 'projects unknown'],
  ['select * from projects where tenant_id = $2', 'projects leak weak'],
  ['select * from projects where tenant_id in ($1, $2)', 'projects leak weak'],
  ['select * from projects where tenant_id = any($1)', 'projects confined'],
  ["select * from projects where tenant_id like '%' and tenant_id is not null", 'projects leak weak'],
  ['with c as (select * from projects) select * from c where tenant_id = $1', 'projects confined'],
  [
    'with c as (select * from projects) select * from c x join c y on x.id=y.id where x.tenant_id = $1',
    'projects leak unfiltered',
  ],
  [
    'with c as (select * from projects limit 5) select * from c where tenant_id = $1',
    'projects leak unfiltered',
  ],
  [
    "select count(*) from projects where tenant_id = current_setting('app.tenant')::uuid",
    'projects confined',
  ],
  [
    'select p.*, (select count(*) from tasks t where t.project_id = p.id and t.tenant_id = p.tenant_id) from projects p where p.tenant_id = $1',
    'projects confined, tasks confined',
  ],
  [
    'select p.*, (select count(*) from tasks t where t.project_id = p.id) from projects p where p.tenant_id = $1',
    'projects confined, tasks leak unfiltered',
  ],
  [
    'select tenant_id, id from projects union all select tenant_id, id from tasks where tenant_id = $1',
    'projects leak unfiltered, tasks confined',
  ],
  [
    'select * from (select tenant_id, id from projects union all select tenant_id, id from tasks) d where tenant_id = $1',
    'projects confined, tasks confined',
  ],
  [
    'select * from (select * from projects union all select * from tasks) d where tenant_id = $1',
    'projects confined, tasks unknown',
  ],
  ["insert into projects (tenant_id, name) values ($1, 'x'), ($2, 'y')", 'projects leak weak'],
  ["insert into projects (tenant_id, name) values ($1, 'x')", 'projects confined'],
  ["insert into projects (name) values ('x')", 'projects leak unfiltered'],
  [
    "insert into projects (tenant_id, slug) values ($1, 'x') on conflict (slug) do update set name = excluded.name",
    'projects leak unfiltered',
  ],
  [
    "insert into projects (tenant_id, slug) values ($1, 'x') on conflict (tenant_id, slug) do update set name = excluded.name",
    'projects confined',
  ],
  [
    "insert into projects (tenant_id, slug) values ($1, 'x') on conflict (slug) do update set name = excluded.name where projects.tenant_id = excluded.tenant_id",
    'projects confined',
  ],
  [
    "insert into projects (tenant_id, slug) values ($1, 'x') on conflict on constraint foo do update set name = excluded.name",
    'projects unknown',
  ],
  ["insert into projects values ($1, 'x')", 'projects unknown'],
  ["insert into comments (task_id, body) values ($2, 'x')", 'comments leak weak'],
  [
    "insert into comments (task_id, body) select id, 'x' from tasks where id = $2 and tenant_id = $1",
    'comments confined, tasks confined',
  ],
  [
    "insert into comments (task_id, body) values ((select id from tasks where id = $2 and tenant_id = $1), 'x')",
    'comments confined, tasks confined',
  ],
  [
    'insert into projects (tenant_id, name) select tenant_id, name from projects where tenant_id = $1',
    'projects confined, projects confined',
  ],
  ["update projects set name = 'x' where id = $2", 'projects leak unfiltered'],
  ['update projects set tenant_id = $2 where tenant_id = $1', 'projects leak weak'],
  ['update projects set tenant_id = $1 where tenant_id = $1', 'projects confined'],
  ['update projects set tenant_id = null where tenant_id = $1', 'projects leak released'],
  ['update projects set tenant_id = null where id = $2', 'projects leak unfiltered'],
  [
    'update comments set task_id = $2 from tasks t where t.id = comments.task_id and t.tenant_id = $1',
    'comments leak weak, tasks confined',
  ],
  [
    'update tasks set done = true from projects p where p.id = tasks.project_id and p.tenant_id = $1',
    'tasks leak unfiltered, projects confined',
  ],
  [
    'delete from tasks using projects p where p.id = tasks.project_id and p.tenant_id = $1 and tasks.tenant_id = p.tenant_id',
    'tasks confined, projects confined',
  ],
  ['with d as (delete from tasks returning *) select * from d where tenant_id = $1', 'tasks leak unfiltered'],
  [
    'with d as (delete from tasks where tenant_id = $1 returning *) insert into tasks (tenant_id, name) select tenant_id, name from d',
    'tasks confined, tasks confined',
  ],
  ['truncate projects, countries', 'projects leak unfiltered, countries confined'],
  [
    'merge into projects p using tasks t on p.id=t.id when matched then delete',
    'projects unknown, tasks unknown',
  ],
  ['select * from orgs where id = $1', 'orgs confined'],
  ['select * from nothing where id = $1', 'nothing unknown'],
  ['select * from projects where case when $2 then tenant_id = $1 else true end', 'projects leak unfiltered'],
  [
    'select * from projects join tasks using (tenant_id) where tenant_id = $1',
    'projects confined, tasks confined',
  ],
  ['select * from projects, tasks where tenant_id = $1', 'projects leak weak, tasks leak weak'],
  [
    'select * from projects p, lateral (select * from tasks t where t.tenant_id = p.tenant_id order by t.id limit 3) x where p.tenant_id = $1',
    'projects confined, tasks confined',
  ],
  ['select * from projects where tenant_id = $1 and false', 'projects confined empty'],
  ['select * from projects where (tenant_id, id) in (($1, $2), ($1, $3))', 'projects confined'],
  ['select * from projects where not (tenant_id <> $1 or id <> $2)', 'projects confined'],
  [
    'with recursive c as (select id, tenant_id from tasks where tenant_id = $1 union all select t.id, t.tenant_id from tasks t join c on t.parent_id = c.id) select * from c',
    'tasks confined, tasks leak unfiltered',
  ],
  [
    'with recursive c as (select id from mine), mine as (select id from tasks where tenant_id = $1) select * from c',
    'tasks confined',
  ],
  [
    'with recursive c as (select id from mine), mine as (select id from tasks) select * from c',
    'tasks leak unfiltered',
  ],
  [
    'select id, tenant_id from projects where tenant_id = $1 except select id, tenant_id from tasks',
    'projects confined, tasks confined',
  ],
  ['select * from projects where tenant_id = $1 or $2 is null', 'projects leak branch'],
  ['select * from projects where ($2 is null or tenant_id = $1)', 'projects leak branch'],
  ['select * from members where org_id = $1', 'members confined'],
  [
    'select * from projects p full join tasks t on t.tenant_id = p.tenant_id where p.tenant_id = $1',
    'projects confined, tasks confined',
  ],
  ["select * from projects where tenant_id = current_setting('other.setting')", 'projects leak weak'],
  [
    "select * from projects where tenant_id = nullif(current_setting('app.tenant', true), '')::uuid",
    'projects confined',
  ],
  ['select * from projects where coalesce(tenant_id = $1, false)', 'projects confined'],
  ['select * from projects where (tenant_id = $1) is not true', 'projects unknown'],
  ['select * from projects where tenant_id = some_function()', 'projects unknown'],
  ['select * from projects where (tenant_id, some_function(id)) = ($1, true)', 'projects confined'],
  ['select tenant_id, count(*) from projects group by tenant_id having tenant_id = $1', 'projects confined'],
  [
    'select * from projects where id = (select id from tasks where tenant_id = $1 limit 1)',
    'projects leak unfiltered, tasks confined',
  ],
  [
    'select * from projects p where exists (select max(t.id) from tasks t where t.tenant_id = p.tenant_id and t.tenant_id = $1)',
    'projects leak unfiltered, tasks confined',
  ],
  [
    'select * from projects p where p.tenant_id = $1 and not exists (select 1 from tasks t where t.tenant_id = p.tenant_id)',
    'projects confined, tasks confined',
  ],
  [
    'select * from projects p where p.tenant_id = $1 and not exists (select 1 from tasks t where t.project_id = p.id)',
    'projects confined, tasks leak unfiltered',
  ],
  ['with d as (delete from tasks returning id) select 1 where false', 'tasks leak unfiltered'],
  [
    'insert into tasks (tenant_id) values ($1) on conflict (id) do update set tenant_id = excluded.tenant_id where tasks.tenant_id = $1',
    'tasks confined',
  ],
  ["insert into orgs (name) values ('x')", 'orgs confined'],
  ['copy projects to stdout', 'projects unknown'],
  ['explain select * from projects where tenant_id = $1', 'projects confined'],
  [
    'select * from projects order by (select count(*) from tasks)',
    'projects leak unfiltered, tasks leak unfiltered',
  ],
  ['delete from projects where current of c', 'projects unknown'],
  [
    'select * from projects p join lateral (select count(*) from tasks t where t.tenant_id = p.tenant_id and t.tenant_id = $1) x on true',
    'projects leak unfiltered, tasks confined',
  ],
]

describe('verdicts', () => {
  for (const [text, expected] of cases) it(text, () => expect(summary(text)).toBe(expected))
})
