import { describe, expect, it } from 'vitest'
import { readMigrations } from '../../rules/schema/from-migrations.ts'
import { inferTenancy, type InferenceOptions } from '../../rules/tenancy/infer.ts'
import { shapeOfPrisma } from '../../rules/tenancy/prisma.ts'
import { loadTenancy } from '../../rules/tenancy/read.ts'
import { shapeOfSchema } from '../../rules/tenancy/schema-shape.ts'
import type { TenancyFile } from '../../rules/tenancy/tenancy.ts'

function fromSql(text: string, options?: InferenceOptions) {
  return inferTenancy([shapeOfSchema(readMigrations([{ file: 'schema.sql', text }]))], options)
}

function fromPrisma(text: string, options?: InferenceOptions) {
  return inferTenancy([shapeOfPrisma([{ file: 'schema.prisma', text }])], options)
}

/** `relation: kind detail`, one a line. */
function summary(file: TenancyFile): Record<string, string> {
  loadTenancy(file)
  return Object.fromEntries(
    Object.entries(file.relations).map(([name, entry]) => {
      const kind = (['owned', 'ownedThrough', 'global', 'root', 'unknown'] as const).find(
        (key) => key in entry,
      )!
      const value = (entry as unknown as Record<string, unknown>)[kind]
      return [
        name,
        kind === 'owned' || kind === 'ownedThrough' || kind === 'root' ? `${kind} ${String(value)}` : kind,
      ]
    }),
  )
}

describe('inference from SQL', () => {
  it.each([
    ['where most relations say nothing of tenants', 10, 1, 'unknown'],
    ['where a few do not', 9, 1, 'global'],
    ['where as many do', 12, 12, 'global'],
  ])('takes relations without a reference for global but %s', (_, loose, owned, kind) => {
    const made = (count: number, of: (index: number) => string) =>
      Array.from({ length: count }, (__, index) => of(index)).join('\n')
    const { file, notes } = fromSql(`
      create table shops (id uuid primary key, name text);
      ${made(owned, (index) => `create table bills${index} (id uuid primary key, shop_id uuid not null references shops);`)}
      ${made(loose, (index) => `create table ledgers${index} (id uuid primary key, amount int);`)}
    `)
    expect(summary(file)['ledgers0']).toBe(kind)
    const doubt = notes.some(({ text }) => /schemas or databases of their own/.test(text))
    expect(doubt).toBe(kind === 'unknown')
  })

  it('takes keys, parents, lookups, identities and what nothing explains', () => {
    const { file, notes } = fromSql(`
      create table shops (id uuid primary key, name text);
      create table users (id uuid primary key, email text unique);
      create table shop_users (shop_id uuid not null references shops, user_id uuid not null references users);
      create table countries (code text primary key);
      create table addresses (id uuid primary key, street text);
      create table orders (
        id uuid primary key, shop_id uuid not null references shops(id),
        country text references countries, address_id uuid references addresses);
      create table order_lines (order_no uuid not null references orders on delete cascade, position int);
      create table line_notes (id uuid, line_id uuid);
      create table sessions (token text, user_id uuid not null references users);
      create table pgmigrations (id serial);
    `)
    expect(file.tenantRoot).toBe('shops')
    expect(file.tenantColumns).toEqual(['shop_id'])
    expect(summary(file)).toEqual({
      addresses: 'unknown',
      countries: 'global',
      line_notes: 'global',
      order_lines: 'ownedThrough order_no,orders',
      orders: 'owned shop_id',
      pgmigrations: 'global',
      sessions: 'global',
      shop_users: 'owned shop_id',
      shops: 'root id',
      users: 'global',
    })
    expect(notes.filter((note) => note.unsure).map((note) => note.relation)).toEqual(
      expect.arrayContaining(['addresses', 'countries', 'line_notes', 'sessions', 'users']),
    )
  })

  it.each([
    ['a column that leads to what a tenant keeps', 'organization_id seems to lead to organizations'],
    ['a column of nothing that is known', 'company_id names a tenant'],
  ])('says what it is unsure of: %s', (_, told) => {
    const column = told.split(' ')[0]!
    const { file } = fromSql(`
      create table tenants (id uuid primary key);
      create table organizations (id uuid primary key, tenant_id uuid not null references tenants);
      create table projects (id uuid primary key, tenant_id uuid not null references tenants);
      create table badges (id uuid primary key, ${column} uuid);
    `)
    expect(file.relations['badges']).toMatchObject({ unknown: expect.stringContaining(told) as string })
  })

  it('takes what only one relation refers to, and is deleted with, for its details', () => {
    const schema = (reference: string, further = '') => `
      create table shops (id uuid primary key);
      create table mail_settings (mail_id uuid primary key, host text);
      create table channels (
        id uuid primary key, shop_id uuid not null references shops, mail_id uuid references mail_settings ${reference});
      create table carts (id uuid primary key, shop_id uuid not null references shops);
      ${further}
    `
    const of = (text: string) => summary(fromSql(text).file).mail_settings
    expect(of(schema('on delete cascade'))).toBe('ownedThrough mail_id,channels,mail_id')
    expect(of(schema(''))).toBe('unknown')
    const shared = 'alter table carts add column mail_id uuid references mail_settings on delete cascade;'
    expect(of(schema('on delete cascade', shared))).toBe('unknown')
    const leading = 'alter table mail_settings add column cart_id uuid references carts;'
    expect(of(schema('on delete cascade', leading))).toBe('ownedThrough cart_id,carts')
  })

  it('finds several levels, the most specific first', () => {
    const { file } = fromSql(`
      create table organizations (id uuid primary key);
      create table workspaces (id uuid primary key, organization_id uuid not null references organizations);
      create table invoices (id uuid primary key, organization_id uuid not null references organizations);
      create table pages (id uuid primary key, workspace_id uuid not null references workspaces);
      create table forms (id uuid primary key, workspace_id uuid not null references workspaces);
      create table charts (id uuid primary key, workspace_id uuid not null references workspaces);
      create table exports (id uuid primary key, workspace_id uuid not null references workspaces,
                            organization_id uuid not null references organizations);
      create table fields (id uuid primary key, form_id uuid not null references forms);
    `)
    expect(file.tenantRoot).toBe('organizations')
    expect(file.tenantColumns).toEqual(['workspace_id', 'organization_id'])
    expect(summary(file)).toMatchObject({
      workspaces: 'owned organization_id',
      invoices: 'owned organization_id',
      exports: 'owned workspace_id',
      fields: 'ownedThrough form_id,forms',
    })
  })

  it('keeps projects of a tenant as data when their rows carry the tenant', () => {
    const { file } = fromSql(`
      create table tenants (id uuid primary key);
      create table projects (id uuid primary key, tenant_id uuid not null references tenants);
      create table tasks (id uuid primary key, tenant_id uuid not null, project_id uuid not null references projects);
      create table labels (id uuid primary key, tenant_id uuid not null, project_id uuid not null references projects);
      create table files (id uuid primary key, tenant_id uuid not null, project_id uuid not null references projects);
    `)
    expect(file.tenantColumns).toEqual(['tenant_id'])
    expect(summary(file)).toMatchObject({ projects: 'owned tenant_id', tasks: 'owned tenant_id' })
  })

  it('needs no foreign keys', () => {
    const { file, notes } = fromSql(`
      create table merchants (id bigint primary key);
      create table payments (id bigint primary key, merchant_id bigint not null);
      create table refunds (id bigint primary key, merchant_id bigint not null);
    `)
    expect(file).toMatchObject({ tenantRoot: 'merchants', tenantColumns: ['merchant_id'] })
    expect(summary(file)).toMatchObject({ payments: 'owned merchant_id', refunds: 'owned merchant_id' })
    expect(notes.some(({ relation }) => relation === null)).toBe(true)
  })

  it('never makes a table of a tenant global because its own parent is unclear', () => {
    const { file } = fromSql(`
      create table tenants (id uuid primary key);
      create table projects (id uuid primary key, tenant_id uuid not null references tenants, brand_id uuid);
      create table tasks (id uuid primary key, tenant_id uuid not null references tenants);
      create table brands (id uuid primary key);
      alter table projects add foreign key (brand_id) references brands;
      create table brand_files (id uuid, brand_id uuid not null references brands);
      create table links (id uuid, project_id uuid references projects, task_id uuid references tasks);
      create table imports (id uuid, company_id uuid);
    `)
    expect(summary(file)).toMatchObject({
      brands: 'unknown',
      brand_files: 'unknown',
      links: 'unknown',
      imports: 'unknown',
    })
  })

  it('takes --tenant-column at its word, and says when nothing has it', () => {
    const sql = `
      create table accounts (id int primary key);
      create table realms (id int primary key);
      create table things (id int primary key, realm int not null references realms, account_id int references accounts);
      create table more (id int primary key, realm int not null references realms, account_id int not null references accounts);
      create table last (id int primary key, account_id int not null references accounts);`
    const { file } = fromSql(sql, { tenantColumns: ['realm'] })
    expect(file).toMatchObject({ tenantRoot: 'realms', tenantColumns: ['realm'] })
    expect(summary(file)).toMatchObject({ things: 'owned realm', more: 'owned realm' })
    expect(
      fromSql(sql, { tenantColumns: ['absent'] })
        .notes.map(({ text }) => text)
        .join(),
    ).toMatch(/absent/)
  })

  it('reads the setting and what row-level security promises from the policies', () => {
    const table = (name: string, forced: string) => `
      create table ${name} (id uuid primary key, tenant_id uuid not null references tenants);
      alter table ${name} enable row level security; ${forced}
      create policy p on ${name} using (tenant_id = nullif(current_setting('acme.tenant', true), '')::uuid);`
    const tenants = 'create table tenants (id uuid primary key);'
    const force = (name: string) => `alter table ${name} force row level security;`
    const forced = fromSql(tenants + table('a', force('a')) + table('b', force('b'))).file
    expect(forced).toMatchObject({ setting: 'acme.tenant', rowLevelSecurity: 'forced' })
    expect(fromSql(tenants + table('a', force('a')) + table('b', '')).file.rowLevelSecurity).toBe('enabled')
    const without = fromSql(tenants + 'create table c (tenant_id uuid not null references tenants)')
    expect(without.file).not.toHaveProperty('rowLevelSecurity')
    expect(without.file.setting).toBeNull()
    expect(without.notes.map(({ text }) => text).join()).toMatch(/No row-level security/)
  })

  it('gives a schema without tenants no owner, and says so', () => {
    const { file, notes } = fromSql(
      'create table notes (id int primary key); create table tags (id int primary key)',
    )
    expect(file).toMatchObject({ tenantRoot: null, tenantColumns: [] })
    expect(notes[0]!.text).toMatch(/--tenant-column/)
  })

  it('does not depend on the order of the tables', () => {
    const tables = [
      'create table tenants (id uuid primary key)',
      'create table teams (id uuid primary key, tenant_id uuid not null)',
      'create table notes (id uuid primary key, team_id uuid not null)',
      'create table pins (id uuid primary key, note_id uuid not null)',
    ]
    const keys = [
      'alter table teams add foreign key (tenant_id) references tenants',
      'alter table notes add foreign key (team_id) references teams',
      'alter table pins add foreign key (note_id) references notes',
    ]
    const forwards = fromSql([...tables, ...keys].join(';\n')).file
    expect(fromSql([...tables.reverse(), ...keys.reverse()].join(';\n')).file).toEqual(forwards)
  })
})

describe('inference from Prisma', () => {
  it('maps names both ways, follows relations both ways, and makes the join tables', () => {
    const { file } = fromPrisma(`
      datasource db { provider = "postgresql"
        url = env("DATABASE_URL") }
      enum Role {
        ADMIN
        MEMBER @map("member")
      }
      model Workspace {
        id       String @id @default(dbgenerated("gen_random_uuid()")) @db.Uuid // the tenant
        projects Project[]
        @@map("workspaces")
      }
      model Project {
        id          String    @id
        workspaceId String    @map("workspace_id")
        workspace   Workspace @relation(fields: [workspaceId], references: [id], onDelete: Cascade)
        tasks       Task[]    @relation("work")
        tags        Tag[]
        role        Role      @default(MEMBER)
        @@unique([workspaceId, id(sort: Desc)], name: "scoped")
        @@map("projects")
        @@schema("app")
      }
      model Task {
        projectId String
        number    Int
        project   Project @relation("work",
          fields: [projectId],
          references: [id])
        note      Unsupported("tsvector")?
        @@id([projectId, number])
      }
      model Tag {
        id          String @id
        workspaceId String
        projects    Project[]
      }
    `)
    expect(file).toMatchObject({ tenantRoot: 'workspaces' })
    expect(file.tenantColumns).toEqual(['workspaceId', 'workspace_id'])
    expect(summary(file)).toEqual({
      Tag: 'owned workspaceId',
      Task: 'ownedThrough projectId,app.projects',
      'app._ProjectToTag': 'ownedThrough A,app.projects',
      'app.projects': 'owned workspace_id',
      workspaces: 'root id',
    })
    expect(file.relations['app.projects']).toEqual({
      owned: 'workspace_id',
      model: 'Project',
      properties: { workspaceId: 'workspace_id' },
      relationFields: {
        workspace: { to: 'workspaces', many: false, on: [['workspace_id', 'id']] },
        tasks: { to: 'Task', many: true, on: [['id', 'projectId']] },
        tags: { to: 'Tag', many: true, on: [] },
      },
    })
    expect(file.relations['Task']).toMatchObject({ key: ['projectId', 'number'] })
  })

  it.each([
    ['model A {\n  id Int @id\n', /:3:1: .*expected '}'/],
    ['model A {\n  id\n}', /:2:5: .*type of id/],
    ['model A {\n  id Int @relation(fields: [a b])\n}', /:2:\d+: .*',' or ']'/],
    ['create table a (id int)', /E-SCHEMA-SYNTAX|not a Prisma schema/],
  ])('names the place of an error: %j', (text, message) => {
    expect(() => fromPrisma(text)).toThrow(message)
  })
})

describe('inference where schemas grew', () => {
  it('takes a level whose key came later, without NOT NULL', () => {
    const carrying = ['hooks', 'keys', 'syncs', 'flows']
    const { file } = fromSql(`
      create table accounts (id uuid primary key);
      create table environments (id uuid primary key, account_id uuid references accounts);
      create table plans (account_id uuid not null references accounts);
      create table invites (account_id uuid not null references accounts);
      ${carrying.map((name) => `create table ${name} (id uuid primary key, environment_id uuid references environments);`).join('\n')}
    `)
    expect(file.tenantColumns).toEqual(['environment_id', 'account_id'])
    expect(summary(file)).toMatchObject({ environments: 'owned account_id', hooks: 'owned environment_id' })
  })

  it('spreads doubt around a circle of references', () => {
    const { file } = fromSql(`
      create table orgs (id uuid primary key);
      create table apps (id uuid primary key, org_id uuid not null references orgs);
      create table stacks (id uuid primary key, org_id uuid not null references orgs);
      create table deploys (id uuid primary key, app_id uuid references apps, stack_id uuid references stacks, back_id uuid);
      create table backs (id uuid primary key, deploy_id uuid not null references deploys);
      alter table deploys add foreign key (back_id) references backs;
    `)
    expect(summary(file)).toMatchObject({ deploys: 'unknown', backs: 'unknown' })
  })

  it('lets the name of a link between two optional parents say whose part it is', () => {
    const { file, notes } = fromSql(`
      create table orgs (id uuid primary key);
      create table locations (id uuid primary key, org_id uuid not null references orgs);
      create table monitors (id uuid primary key, org_id uuid not null references orgs);
      create table location_monitors (location_id uuid references locations, monitor_id uuid references monitors);
    `)
    expect(summary(file)['location_monitors']).toBe('ownedThrough location_id,locations')
    expect(notes.some(({ relation, unsure }) => relation === 'location_monitors' && unsure)).toBe(true)
  })

  it('takes accounts of users for no tenants, and people under any name for identities', () => {
    const { file } = fromSql(`
      create table orgs (id uuid primary key);
      create table user_records (id uuid primary key, email text);
      create table members (org_id uuid not null references orgs, user_id uuid not null references user_records);
      create table login_accounts (id uuid primary key, account_id text, user_id uuid not null references user_records);
      create table invitations (org_id uuid not null references orgs, email text);
    `)
    expect(file.tenantRoot).toBe('orgs')
    expect(summary(file)).toMatchObject({
      user_records: 'global',
      login_accounts: 'global',
      members: 'owned org_id',
    })
  })
})
