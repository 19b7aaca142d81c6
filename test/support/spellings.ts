import type { TenancyFile } from '../../rules/tenancy/tenancy.ts'

/** How programs of one library say the same query, a read of courses by their id. */
export interface Dialect {
  readonly imports: string
  /** Type of the client, and an expression that makes one. */
  readonly type: string
  readonly make: string
  /** As programs usually call the client. */
  readonly usual: string
  readonly query: (client: string) => string
  /** The query inside a transaction of the client, whose callback gets a client of its own. */
  readonly transaction: (client: string, query: (client: string) => string) => string
  /** Queries that are written in ways of the library's own, each as statements on `client`. */
  readonly more: Readonly<Record<string, string>>
}

export const schools: TenancyFile = {
  tenantRoot: 'schools',
  tenantColumns: ['school_id'],
  relations: {
    schools: { root: 'id', model: 'School' },
    courses: { owned: 'school_id', model: 'Course', properties: { schoolId: 'school_id' } },
  },
}

/** Ways to reach a client, for every library. */
export const reachings: Readonly<Record<string, (dialect: Dialect) => string>> = {
  'a constant of the file': ({ make, query }) => `const client = ${make}
    export const f = async (id: string) => ${query('client')}`,
  'an import that is not in sight': ({ usual, query }) => `import { ${usual} } from './client'
    export const f = async (id: string) => ${query(usual)}`,
  'a default import that is not in sight': ({ usual, query }) => `import ${usual} from '../lib/client'
    export const f = async (id: string) => ${query(usual)}`,
  'a typed parameter': ({ type, query }) =>
    `export const f = async (client: ${type}, id: string) => ${query('client')}`,
  'an untyped context': ({ usual, query }) =>
    `export const f = async (ctx: any, id: string) => ${query(`ctx.${usual}`)}`,
  'the context of a procedure': ({ usual, query }) =>
    `export const f = procedure.query(async (opts) => { const id = opts.input.id; return ${query(`opts.ctx.${usual}`)} })`,
  'a context that is taken apart': ({ usual, query }) =>
    `export const f = procedure.query(async ({ ctx: { ${usual} }, input: { id } }) => ${query(usual)})`,
  'a typed context': ({ type, query }) => `interface Context { readonly client: ${type} }
    export const f = async (ctx: Context, id: string) => ${query('ctx.client')}`,
  'a field': ({ type, query }) => `export class Courses { private readonly client: ${type}
    async f(id: string) { return ${query('this.client')} } }`,
  'a private field': ({ type, query }) => `export class Courses { readonly #client: ${type}
    constructor(client: ${type}) { this.#client = client }
    async f(id: string) { return ${query('this.#client')} } }`,
  'a parameter property': ({ type, query }) =>
    `export class Courses { constructor(private readonly client: ${type}) {}
    async f(id: string) { return ${query('this.client')} } }`,
  'a constructor parameter': ({ type, query }) => `export class Courses { client
    constructor(client: ${type}) { this.client = client }
    async f(id: string) { return ${query('this.client')} } }`,
  'an inherited field': ({ type, query }) => `class Base { protected client: ${type} }
    export class Courses extends Base { async f(id: string) { return ${query('this.client')} } }`,
  'a transaction or the client': ({ type, query }) =>
    `export class Courses { constructor(private client: ${type}) {}
    async f(id: string, tx?: ${type}) { return ${query('(tx || this.client)')} } }`,
  'a default parameter': ({ make, query }) => `const client = ${make}
    export const f = async (id: string, tx = client) => ${query('tx')}`,
  'a chosen client': ({ make, query }) => `const client = ${make}
    export const f = async (id: string, tx?: typeof client) => { const c = tx ?? client; return ${query('c')} }`,
  'an alias': ({ type, query }) => `export class Courses { constructor(private client: ${type}) {}
    async f(id: string) { const { client } = this; const c = client; return ${query('c')} } }`,
  'a function that gives the client': ({ make, query }) => `const client = () => ${make}
    export const f = async (id: string) => ${query('client()')}`,
  'a promise of the client': ({ make, query }) => `async function client() { return ${make} }
    export const f = async (id: string) => { const c = await client(); return ${query('c')} }`,
  'a getter': ({ make, query }) => `const made = ${make}
    export class Courses { get client() { return made }
    async f(id: string) { return ${query('this.client')} } }`,
  'a wrapper around the query': ({ make, query }) => `const client = ${make}
    export const f = (id: string) => retried(async () => ${query('client')})`,
  'a transaction': ({ make, query, transaction }) => `const client = ${make}
    export const f = async (id: string) => ${transaction('client', query)}`,
  'a transaction of a field': ({ type, query, transaction }) =>
    `export class Courses { constructor(private client: ${type}) {}
    async f(id: string) { return ${transaction('this.client', query)} } }`,
}

/** The query as it is shown, whatever the library calls its columns, table and parameter. */
export const readById =
  /^select (?:\w+\.)?\* from (?:app\.)?courses(?: as \w+)? where \w+\.id = :(?:\$1|(?:\w+\.)*id)$/

const callback = (client: string, method: string, query: Dialect['query']): string =>
  `${client}.${method}(async (tx) => { return ${query('tx')} })`

export const dialects: Readonly<Record<string, Dialect>> = {
  prisma: {
    imports: `import { PrismaClient } from '@prisma/client'`,
    type: 'PrismaClient',
    make: 'new PrismaClient()',
    usual: 'prisma',
    query: (client) => `await ${client}.course.findMany({ where: { id } })`,
    transaction: (client, query) => callback(client, '$transaction', query),
    more: {
      'a list of a transaction': 'await client.$transaction([client.course.findMany({ where: { id } })])',
      'an extended client':
        'const more = client.$extends({ model: { $allModels: { touch() {} } } }); await more.course.findMany({ where: { id } })',
      'a replica': 'await (client as any).$replica().course.findMany({ where: { id } })',
      'a delegate in a constant': 'const { course } = client; await course.findMany({ where: { id } })',
      'a condition in a constant': 'const where = { id }; await client.course.findMany({ where })',
    },
  },
  drizzle: {
    imports: `import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
      import { eq } from 'drizzle-orm'
      import { pgTable, uuid } from 'drizzle-orm/pg-core'
      const courses = pgTable('courses', { id: uuid('id'), schoolId: uuid('school_id') })`,
    type: 'NodePgDatabase',
    make: `drizzle('postgres://')`,
    usual: 'db',
    query: (client) => `await ${client}.select().from(courses).where(eq(courses.id, id))`,
    transaction: (client, query) => callback(client, 'transaction', query),
    more: {
      'a chain in pieces': 'const q = client.select().from(courses); await q.where(eq(courses.id, id))',
      'a table in a constant':
        'const table = courses; await client.select().from(table).where(eq(table.id, id))',
      'a condition in a constant':
        'const mine = eq(courses.id, id); await client.select().from(courses).where(mine)',
      'a dynamic builder':
        'let q = client.select().from(courses).$dynamic(); q = q.where(eq(courses.id, id)); await q',
    },
  },
  kysely: {
    imports: `import { Kysely, type Transaction } from 'kysely'`,
    type: 'Kysely<any>',
    make: 'new Kysely<any>({} as any)',
    usual: 'db',
    query: (client) => `await ${client}.selectFrom('courses').selectAll().where('id', '=', id).execute()`,
    transaction: (client, query) => callback(client, 'transaction().execute', query),
    more: {
      'a chain in pieces': `let q = client.selectFrom('courses').selectAll(); q = q.where('id', '=', id); await q.execute()`,
      'a table in a constant': `const table = 'courses'; await client.selectFrom(table).selectAll().where('id', '=', id).execute()`,
      'a helper': `await client.selectFrom('courses').selectAll().$call((q) => q.where('id', '=', id)).execute()`,
    },
  },
  knex: {
    imports: `import knexFactory, { type Knex } from 'knex'`,
    type: 'Knex',
    make: `knexFactory({ client: 'pg' })`,
    usual: 'knex',
    query: (client) => `await ${client}('courses').where({ id })`,
    transaction: (client, query) => callback(client, 'transaction', query),
    more: {
      'a chain in pieces': `const q = client('courses'); q.where({ id }); await q`,
      'a table in a constant': `const TABLE = 'courses'; await client(TABLE).where({ id })`,
      from: `await client.select('*').from('courses').where('id', id)`,
      'a modifier': `await client('courses').modify((q) => { q.where({ id }) })`,
      'a query bound to a transaction': `const trx = await client.transaction(); await trx('courses').where({ id })`,
    },
  },
  typeorm: {
    imports: `import { DataSource, EntityManager, Brackets } from 'typeorm'
      import { Course } from './entities'`,
    type: 'DataSource',
    make: 'new DataSource({})',
    usual: 'dataSource',
    query: (client) => `await ${client}.getRepository(Course).find({ where: { id } })`,
    transaction: (client, query) => callback(client, 'transaction', query),
    more: {
      'a manager': 'await client.manager.find(Course, { where: { id } })',
      'a repository in a constant':
        'const courses = client.getRepository(Course); await courses.find({ where: { id } })',
      findBy: 'await client.getRepository(Course).findBy({ id })',
      'a builder of a query runner': `const runner = client.createQueryRunner(); await runner.manager.find(Course, { where: { id } })`,
    },
  },
  sequelize: {
    imports: `import { Sequelize, Model } from 'sequelize'`,
    type: 'Sequelize',
    make: `new Sequelize('postgres://')`,
    usual: 'sequelize',
    query: (client) => `await ${client}.models.Course.findAll({ where: { id } })`,
    transaction: (client, query) =>
      `${client}.transaction(async (transaction) => { return ${query(client)} })`,
    more: {
      'a model by its name': `await client.model('Course').findAll({ where: { id } })`,
      'a model without its scope': `await client.models.Course.unscoped().findAll({ where: { id } })`,
      'a model with a scope of rows': `await client.models.Course.schema('app').findAll({ where: { id } })`,
    },
  },
  'mikro-orm': {
    imports: `import { EntityManager, MikroORM } from '@mikro-orm/postgresql'
      import { Course } from './entities'`,
    type: 'EntityManager',
    make: '(await MikroORM.init({})).em',
    usual: 'em',
    query: (client) => `await ${client}.find(Course, { id })`,
    transaction: (client, query) => callback(client, 'transactional', query),
    more: {
      'a fork': 'const em = client.fork(); await em.find(Course, { id })',
      'a repository': 'await client.getRepository(Course).find({ id })',
      'a query builder': `await client.qb(Course).where({ id })`,
      'a named query builder': `await client.createQueryBuilder(Course).where({ id }).getResult()`,
    },
  },
  slonik: {
    imports: `import { createPool, sql, type DatabasePool } from 'slonik'`,
    type: 'DatabasePool',
    make: `createPool('postgres://')`,
    usual: 'pool',
    query: (client) => `await ${client}.any(sql.unsafe\`select * from courses where id = \${id}\`)`,
    transaction: (client, query) => callback(client, 'transaction', query),
    more: {
      'a query in a constant':
        'const one = sql.unsafe`select * from courses where id = ${id}`; await client.any(one)',
      'a connection':
        'await client.connect(async (connection) => connection.any(sql.unsafe`select * from courses where id = ${id}`))',
    },
  },
  pg: {
    imports: `import { Pool } from 'pg'`,
    type: 'Pool',
    make: 'new Pool()',
    usual: 'pool',
    query: (client) => `await ${client}.query('select * from courses where id = $1', [id])`,
    transaction: (client, query) =>
      `inTransaction(async () => { const c = await ${client}.connect(); return ${query('c')} })`,
    more: {
      'a text in a constant': `const text = 'select * from courses where id = $1'; await client.query(text, [id])`,
      'a text with a table in a constant': `const table = 'courses'; await client.query(\`select * from \${table} where id = $1\`, [id])`,
    },
  },
  'postgres-js': {
    imports: `import postgres, { type Sql } from 'postgres'`,
    type: 'Sql',
    make: `postgres('postgres://')`,
    usual: 'sql',
    query: (client) => `await ${client}\`select * from courses where id = \${id}\``,
    transaction: (client, query) => callback(client, 'begin', query),
    more: {
      'a table in a constant': `const table = 'courses'; await client\`select * from \${client(table)} where id = \${id}\``,
    },
  },
}
