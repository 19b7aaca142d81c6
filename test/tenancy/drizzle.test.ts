import fc from 'fast-check'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readMigrations } from '../../rules/schema/from-migrations.ts'
import { countDrizzle } from '../../rules/tenancy/drizzle.ts'
import { inferTenancy } from '../../rules/tenancy/infer.ts'
import { shapeOfSchema } from '../../rules/tenancy/schema-shape.ts'
import type { DatabaseShape, RelationShape } from '../../rules/tenancy/shape.ts'
import { detectSources, readSource } from '../../rules/tenancy/sources.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drizzle-'))
  writeFileSync(join(folder, 'package.json'), '{}')
})
afterEach(() => rmSync(folder, { recursive: true }))

function put(files: Readonly<Record<string, string>>): string {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

function relation(shape: DatabaseShape, name: string): RelationShape {
  const found = shape.relations.find((one) => one.name === name)
  if (found === undefined) throw new Error(`no ${name} in ${shape.relations.map((one) => one.name).join()}`)
  return found
}

/** `columns*` (required), `key`, `column -> table.column`. */
function told(shape: DatabaseShape, name: string) {
  const { columns, primaryKey, references } = relation(shape, name)
  return {
    columns: columns.map((column) => column.name + (column.nullable ? '' : '*')).join(' '),
    key: primaryKey.join(' '),
    references: references.map(
      ({ columns: own, to, toColumns, cascades }) =>
        `${own.join('+')} -> ${to}.${toColumns.join('+')}${cascades ? ' cascade' : ''}`,
    ),
  }
}

const imports = `import { pgTable, uuid, text, timestamp, primaryKey, foreignKey } from 'drizzle-orm/pg-core'\n`

describe('shape of a Drizzle schema', () => {
  const org = `export const orgs = pgTable('organizations', { id: uuid('id').primaryKey() })\n`
  const cases: Record<
    string,
    { files: Record<string, string>; columns: string; references?: string[]; key?: string }
  > = {
    'names, nullability and references': {
      files: {
        's.ts': `${imports}${org}export const items = pgTable('items', {
          id: uuid('id').primaryKey().defaultRandom(), orgId: uuid('org_id').notNull().references(() => orgs.id, { onDelete: 'cascade' }),
          parentId: uuid('parent_id').references((): AnyPgColumn => items.id), note: text('note') })`,
      },
      columns: 'id* org_id* parent_id note',
      references: ['org_id -> organizations.id cascade', 'parent_id -> items.id'],
    },
    'spread columns, helpers in the file and imported': {
      files: {
        'columns.ts': `import { uuid, timestamp } from 'drizzle-orm/pg-core'
          import { orgs } from './org'
          export const id = (name = 'id') => uuid(name).primaryKey()
          export const orgId = () => uuid('org_id').notNull().references(() => orgs.id)
          const created = { createdAt: timestamp('created_at').notNull() }
          export const timestamps = { ...created, updatedAt: timestamp('updated_at') }`,
        'org.ts': imports + org,
        'items.ts': `import { pgTable } from 'drizzle-orm/pg-core'
          import * as own from './columns'
          import { timestamps } from './columns'
          export const items = pgTable('items', { id: own.id(), orgId: own.orgId(), ...timestamps })`,
      },
      columns: 'id* org_id* created_at* updated_at',
      references: ['org_id -> organizations.id'],
    },
    'columns from a callback, and keys among the extras': {
      files: {
        's.ts': `${imports}${org}export const items = pgTable('items', (t) => ({ orgId: t.uuid('org_id'), n: t.integer('n'), ref: t.uuid('ref') }),
          (self) => [primaryKey({ columns: [self.orgId, self.n] }),
            foreignKey({ columns: [self.ref], foreignColumns: [orgs.id] }).onDelete('cascade')])`,
      },
      columns: 'org_id* n* ref',
      key: 'org_id n',
      references: ['ref -> organizations.id cascade'],
    },
    'older extras, in an object': {
      files: {
        's.ts': `${imports}export const items = pgTable('items', { a: uuid('a').notNull(), b: uuid('b') }, (self) => ({ pk: primaryKey(self.a, self.b) }))`,
      },
      columns: 'a* b*',
      key: 'a b',
    },
    'a creator with a prefix': {
      files: {
        'creator.ts': `import { pgTableCreator } from 'drizzle-orm/pg-core'
          export const createTable = pgTableCreator((name) => \`app_\${name}\`)`,
        'items.ts': `import { uuid } from 'drizzle-orm/pg-core'
          import { createTable } from './creator'
          export const items = createTable('items', { id: uuid('id').primaryKey() })`,
      },
      columns: 'id*',
    },
    'a creator written by hand': {
      files: {
        's.ts': `${imports}const base = { id: uuid('id').primaryKey() }
          function tenantTable(name, columns) { return pgTable(name, { ...base, orgId: uuid('org_id').notNull(), ...columns }) }
          export const items = tenantTable('items', { note: text('note') })`,
      },
      columns: 'id* org_id* note',
    },
    'casing that the configuration asks for': {
      files: {
        'drizzle.config.ts': `import { defineConfig } from 'drizzle-kit'\nexport default defineConfig({ casing: 'snake_case' })`,
        'src/schema.ts': `${imports}export const items = pgTable('items', { id: uuid().primaryKey(), ownerOrgId: uuid().notNull() })`,
      },
      columns: 'id* owner_org_id*',
    },
  }
  it.each(Object.entries(cases))('%s', (_, { files, columns, references, key }) => {
    const shape = readSource(put(files))
    const name = shape.relations.find((one) => one.name.endsWith('items'))!.name
    expect(told(shape, name)).toEqual({ columns, key: key ?? 'id', references: references ?? [] })
    expect(shape.unread).toEqual([])
  })

  it('names schemas, views, models and properties', () => {
    const shape = readSource(
      put({
        's.ts': `import { pgSchema, pgTable, pgView, uuid } from 'drizzle-orm/pg-core'
          const billing = pgSchema('billing')
          export const invoices = billing.table('invoices', { id: uuid('id').primaryKey(), orgId: uuid('org_id') }).enableRLS()
          export const open = pgView('open_invoices').as((qb) => qb.select().from(invoices))`,
      }),
    )
    expect(relation(shape, 'billing.invoices')).toMatchObject({
      model: 'invoices',
      properties: { orgId: 'org_id' },
    })
    expect(relation(shape, 'open_invoices')).toMatchObject({
      kind: 'view',
      derivedFrom: ['billing.invoices'],
    })
    expect([...shape.rowSecurity]).toEqual([['billing.invoices', 'enabled']])
  })

  it('follows relations both ways', () => {
    const shape = readSource(
      put({
        'tables.ts': `${imports}export const users = pgTable('users', { id: uuid('id').primaryKey() })
          export const posts = pgTable('posts', { id: uuid('id').primaryKey(),
            authorId: uuid('author_id').references(() => users.id), editorId: uuid('editor_id').references(() => users.id) })`,
        'relations.ts': `import { relations } from 'drizzle-orm'
          import { posts, users } from './tables'
          export const ofUsers = relations(users, ({ many }) => ({ written: many(posts, { relationName: 'a' }), edited: many(posts, { relationName: 'e' }) }))
          export const ofPosts = relations(posts, (r) => ({ author: r.one(users, { fields: [posts.authorId], references: [users.id], relationName: 'a' }),
            editor: r.one(users, { relationName: 'e', fields: [posts.editorId], references: [users.id] }) }))`,
      }),
    )
    expect(relation(shape, 'users').relationFields).toEqual({
      written: { to: 'posts', many: true, on: [['id', 'author_id']] },
      edited: { to: 'posts', many: true, on: [['id', 'editor_id']] },
    })
    expect(relation(shape, 'posts').relationFields).toEqual({
      author: { to: 'users', many: false, on: [['author_id', 'id']] },
      editor: { to: 'users', many: false, on: [['editor_id', 'id']] },
    })
  })

  it('reads defineRelations', () => {
    const shape = readSource(
      put({
        's.ts': `${imports}import { defineRelations } from 'drizzle-orm'
          export const users = pgTable('users', { id: uuid('id').primaryKey() })
          export const posts = pgTable('posts', { id: uuid('id').primaryKey(), userId: uuid('user_id').notNull() })
          export const all = defineRelations({ users, posts }, (r) => ({
            users: { posts: r.many.posts() }, posts: { user: r.one.users({ from: r.posts.userId, to: r.users.id }) } }))`,
      }),
    )
    expect(relation(shape, 'users').relationFields).toEqual({
      posts: { to: 'posts', many: true, on: [['id', 'user_id']] },
    })
    expect(relation(shape, 'posts').relationFields).toEqual({
      user: { to: 'users', many: false, on: [['user_id', 'id']] },
    })
  })

  it('says what it could not read', () => {
    const shape = readSource(
      put({
        's.ts': `${imports}import { shared } from 'elsewhere'
          export const items = pgTable('items', { id: uuid('id').primaryKey(), ...shared, owner: shared.owner })
          export const named = pgTable(process.env.NAME, { id: uuid('id') })`,
      }),
    )
    expect(shape.unread.map((note) => note.replace(/^.*s\.ts:/, ''))).toEqual([
      '3: columns that are not written out',
      '3: the column owner, which is not written out',
      '4: a table whose name is not constant',
    ])
  })

  it('does not take other tables for its own', () => {
    expect(
      countDrizzle(`import { pgTable } from 'drizzle-orm/pg-core'\nexport const t = pgTable('t', {})`),
    ).toBe(1)
    expect(countDrizzle(`await knex.schema.createTable('t', () => {})`)).toBe(0)
    expect(countDrizzle(`const table = renderTable(rows)`)).toBe(0)
  })
})

describe('where a Drizzle schema lies', () => {
  it('is the folder with nearly all of it, in the package with most', () => {
    const table = (name: string) =>
      `${imports}export const ${name} = pgTable('${name}', { id: uuid('id').primaryKey() })\n`
    put({
      'packages/db/package.json': '{}',
      'packages/db/auth-schema.ts': table('users'),
      'packages/db/src/schema/users.ts': table('users') + table('teams'),
      'packages/db/src/schema/posts/post.ts': table('posts') + table('likes') + table('tags'),
      'packages/db/src/schema/index.ts': `export * from './users'\nexport * from './posts/post'`,
      'apps/tool/package.json': '{}',
      'apps/tool/schema.ts': table('runs'),
      'packages/db/drizzle/0000_init.sql': 'create table users (id uuid)',
    })
    expect(detectSources(folder)).toEqual([join(folder, 'packages/db/src/schema')])
    const barrel = readSource(join(folder, 'packages/db/src/schema/index.ts'))
    expect(barrel.relations.map(({ name }) => name).sort()).toEqual([
      'likes',
      'posts',
      'tags',
      'teams',
      'users',
    ])
  })
})

describe('a random schema', () => {
  const names = ['alpha', 'beta', 'gamma', 'delta']
  const column = fc.record({
    required: fc.boolean(),
    to: fc.option(fc.nat(3), { nil: null }),
    cascades: fc.boolean(),
  })
  const table = fc.array(column, { maxLength: 4 })
  const schema = fc.array(table, { minLength: 4, maxLength: 4 })
  type Schema = readonly (readonly { required: boolean; to: number | null; cascades: boolean }[])[]

  const inDrizzle = (tables: Schema) =>
    imports +
    tables
      .map((columns, index) => {
        const lines = columns.map(({ required, to, cascades }, at) => {
          const goal =
            to === null
              ? ''
              : `.references(() => ${names[to]}.id${cascades ? ", { onDelete: 'cascade' }" : ''})`
          return `columnNo${at}: uuid('column_no_${at}')${required ? '.notNull()' : ''}${goal}`
        })
        return `export const ${names[index]} = pgTable('${names[index]}', { ${["id: uuid('id').primaryKey()", ...lines].join(', ')} })`
      })
      .join('\n')

  const inSql = (tables: Schema) =>
    [
      ...tables.map((columns, index) => {
        const lines = columns.map(({ required }, at) => `column_no_${at} uuid${required ? ' not null' : ''}`)
        return `create table ${names[index]} (${['id uuid primary key', ...lines].join(', ')});`
      }),
      ...tables.flatMap((columns, index) =>
        columns.flatMap(({ to, cascades }, at) =>
          to === null
            ? []
            : `alter table ${names[index]} add foreign key (column_no_${at}) references ${names[to]} (id)${cascades ? ' on delete cascade' : ''};`,
        ),
      ),
    ].join('\n')

  const bare = ({ relations }: DatabaseShape) =>
    relations
      .map(({ name, kind, columns, primaryKey, references }) => ({
        name,
        kind,
        columns,
        primaryKey,
        references,
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))

  it('has the shape and the owners that its SQL has', () => {
    let run = 0
    fc.assert(
      fc.property(schema, (tables) => {
        const file = join(put({ [`s${run}.ts`]: inDrizzle(tables) }), `s${run++}.ts`)
        const drizzle = readSource(file)
        const sql = shapeOfSchema(readMigrations([{ file: 's.sql', text: inSql(tables) }]))
        expect(bare(drizzle)).toEqual(bare(sql))
        const owners = (shape: DatabaseShape) =>
          Object.entries(inferTenancy([shape], { tenantColumns: ['column_no_0'] }).file.relations).map(
            ([name, { model: _, properties: __, ...entry }]) => [name, entry],
          )
        expect(owners(drizzle)).toEqual(owners(sql))
      }),
      { numRuns: 40 },
    )
  })
})
