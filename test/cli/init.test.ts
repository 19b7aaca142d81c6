import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { commandLine } from '../support/command-line.ts'
import { freshDatabase } from '../support/postgres.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'init-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function put(path: string, text: string): void {
  mkdirSync(join(folder, path, '..'), { recursive: true })
  writeFileSync(join(folder, path), text)
}

const sql = `
  create table merchants (id uuid primary key);
  create table orders (id uuid primary key, merchant_id uuid not null references merchants);
  create table items (id uuid primary key, order_id uuid not null references orders);
`

const model = () => JSON.parse(readFileSync(join(folder, 'tenancy.json'), 'utf8'))

describe('watertight init', () => {
  it('finds migrations by itself, writes the model and tells what it decided', async () => {
    put('packages/api/db/migrations/002_items.sql', sql.slice(sql.indexOf('create table items')))
    put('packages/api/db/migrations/001_base.sql', sql.slice(0, sql.indexOf('create table items')))
    put('packages/api/node_modules/x/migrations/001.sql', 'create table wrong (id int)')
    const { code, stdout, stderr } = await commandLine(['init'], folder)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/Read packages\/api\/db\/migrations: 3 relations/)
    expect(stdout).toMatch(/1 root, 1 owned, 1 ownedThrough, 0 global, 0 unknown/)
    expect(model().relations).toEqual({
      items: { ownedThrough: ['order_id', 'orders'] },
      merchants: { root: 'id' },
      orders: { owned: 'merchant_id' },
    })
  })

  it('tells of a program that acts in one tenant, and leaves it to a person to say so', async () => {
    put('migrations/1.sql', sql)
    put('src/env.ts', "export const DEFAULT_MERCHANT_ID = '875c'\n")
    put('src/middleware.ts', 'export const act = (req) => { req.merchantId = DEFAULT_MERCHANT_ID }\n')
    const { code, stdout } = await commandLine(['init'], folder)
    expect(code).toBe(0)
    expect(stdout).toContain('Whoever acts is given the tenant `DEFAULT_MERCHANT_ID` at src/middleware.ts:1.')
    expect(model().singleTenant).toBeUndefined()
    const singleTenant = { constant: 'DEFAULT_MERCHANT_ID', reason: 'one installation for each merchant' }
    put('tenancy.json', JSON.stringify({ ...model(), singleTenant }))
    const again = await commandLine(['init', '--yes'], folder)
    expect(again.stdout).not.toContain('Whoever acts')
    expect(model().singleTenant).toEqual(singleTenant)
  })

  it('prefers a Prisma schema, in one file or many', async () => {
    put('prisma/schema/base.prisma', 'model Merchant {\n id Int @id\n orders Order[]\n}\n')
    put(
      'prisma/schema/order.prisma',
      'model Order {\n id Int @id\n merchantId Int\n merchant Merchant @relation(fields: [merchantId], references: [id])\n}\n',
    )
    expect((await commandLine(['init'], folder)).code).toBe(0)
    expect(Object.keys(model().relations)).toEqual(['Merchant', 'Order'])
  })

  it('adds tables that only migrations know, and changes nothing of what the schema says', async () => {
    put(
      'prisma/schema.prisma',
      'model Merchant {\n id Int @id\n orders Order[]\n}\nmodel Order {\n id Int @id\n merchantId Int\n merchant Merchant @relation(fields: [merchantId], references: [id])\n country String\n}\nmodel Country {\n id Int @id\n}\n',
    )
    await commandLine(['init'], folder)
    const before = model()
    put(
      'prisma/migrations/1/migration.sql',
      `create table "Order" (id int primary key, "merchantId" int, note text);
       create temp table staging (id int);
       create table audits (id int primary key, "merchantId" int not null references "Merchant" (id), country int references "Country" (id));
       create table gone (id int); drop table gone;
       alter table never add column x int; alter table ever add column x int`,
    )
    const { stdout } = await commandLine(['init', '--yes'], folder)
    expect(model()).toEqual({
      ...before,
      relations: { ...before.relations, audits: { owned: 'merchantId' } },
    })
    expect(stdout).toMatch(/schema\.prisma: 3 relations, and 1 more in other packages and migrations\./)
    expect(stdout).toMatch(/Not read: .*public\.never, and 1 more places beside the schema/)
  })

  it('adds the models of the other packages, but not the tables that they have again', async () => {
    const entity = (name: string, columns: string) => `
      import { Entity, PrimaryColumn, Column } from 'typeorm'
      @Entity('${name}') export class Of_${name} { @PrimaryColumn() id: number; ${columns} }`
    put('packages/core/package.json', '{}')
    put('packages/core/src/merchant.ts', entity('merchants', ''))
    put('packages/core/src/country.ts', entity('countries', ''))
    put('packages/core/src/order.ts', entity('orders', '@Column() merchant_id: number'))
    put('packages/billing/package.json', '{}')
    put('packages/billing/invoice.ts', entity('invoices', '@Column() merchant_id: number'))
    put('packages/billing/order.ts', entity('orders', ''))
    await commandLine(['init', '--tenant-column', 'merchant_id'], folder)
    expect(model().relations).toMatchObject({
      orders: { owned: 'merchant_id' },
      invoices: { owned: 'merchant_id' },
    })
  })

  const drizzle = `
    import { relations } from 'drizzle-orm'
    import { pgTable, uuid } from 'drizzle-orm/pg-core'
    export const merchants = pgTable('merchants', { id: uuid('id').primaryKey() })
    export const orders = pgTable('orders', {
      id: uuid('id').primaryKey(),
      merchantId: uuid('merchant_id').notNull().references(() => merchants.id),
    })
    export const ofMerchants = relations(merchants, ({ many }) => ({ orders: many(orders) }))
  `
  const fromDrizzle = {
    merchants: {
      root: 'id',
      model: 'merchants',
      relationFields: { orders: { to: 'orders', many: true, on: [['id', 'merchant_id']] } },
    },
    orders: { owned: 'merchant_id', model: 'orders', properties: { merchantId: 'merchant_id' } },
  }

  it('reads a Drizzle schema, named or found beside its migrations', async () => {
    put('packages/db/src/schema/tables.ts', drizzle)
    put('packages/db/drizzle/0000_first.sql', sql)
    const named = await commandLine(['init', '--from', 'packages/db/src/schema'], folder)
    expect({ code: named.code, stderr: named.stderr }).toEqual({ code: 0, stderr: '' })
    expect(model().relations).toEqual(fromDrizzle)
    const { stdout } = await commandLine(['init', '--yes'], folder)
    expect(stdout).toMatch(/Read packages\/db\/src\/schema\/tables\.ts: 2 relations/)
    expect(model().relations).toMatchObject(fromDrizzle)
  })

  it('finds Knex migrations', async () => {
    put(
      'server/migrations/1_base.js',
      `exports.up = (knex) => knex.schema.createTable('merchants', (t) => { t.increments() })`,
    )
    put(
      'server/migrations/2_orders.js',
      `exports.up = (knex) => knex.schema.createTable('orders', (t) => {
        t.increments()
        t.integer('merchant_id').notNullable().references('id').inTable('merchants')
      })`,
    )
    const { stdout } = await commandLine(['init'], folder)
    expect(stdout).toMatch(/Read server\/migrations: 2 relations/)
    expect(model().relations).toEqual({ merchants: { root: 'id' }, orders: { owned: 'merchant_id' } })
  })

  it('writes over a file only when told to, and keeps what a person wrote into it', async () => {
    put('a.sql', sql)
    put(
      'tenancy.json',
      JSON.stringify({ tenantColumns: [], relations: {}, trusted: ['ctx.merchant'], guards: { g: ['id'] } }),
    )
    expect((await commandLine(['init', '--from', 'a.sql'], folder)).code).toBe(2)
    expect(model().relations).toEqual({})
    expect((await commandLine(['init', '--from', 'a.sql', '--yes'], folder)).code).toBe(0)
    expect(model()).toMatchObject({
      tenantRoot: 'merchants',
      trusted: ['ctx.merchant'],
      guards: { g: ['id'] },
    })
  })

  it('reads the same from migrations and from the live database', async () => {
    put('a.sql', sql)
    const { url } = await freshDatabase(sql)
    expect((await commandLine(['init', '--from', 'a.sql', '--out', 'offline.json'], folder)).code).toBe(0)
    expect((await commandLine(['init', '--database', url], folder)).code).toBe(0)
    expect(model()).toEqual(JSON.parse(readFileSync(join(folder, 'offline.json'), 'utf8')))
  })
})
