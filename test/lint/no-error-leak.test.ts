import rule from '../../rules/lint/no-error-leak.ts'
import { ruleTester } from '../support/rule-tester.ts'

/** An Express handler with a query, and this in its catch block. */
const caught = (body: string, attempt = "await pool.query('SELECT * FROM medicines')"): string => `
import { Pool } from 'pg'
import { AppError } from './errors.ts'
import { load } from './load.ts'
const pool = new Pool()
export async function handle(req, res) {
  try { ${attempt} } catch (err) { ${body} }
}
`

const insert = "await pool.query('INSERT INTO medicines (name) VALUES ($1)', [req.body.name])"
const likely = [{ tier: 'likely', onlyCertain: true }] as const
const nest = (attempt: string, thrown: string, more = ''): string => `
import { Pool } from 'pg'
import { BadRequestException, HttpException, NotFoundException } from '@nestjs/common'
const pool = new Pool()
${more}
export class Medicines {
  async create(req) {
    try { ${attempt} } catch (error) { ${thrown} }
  }
}
`
/** A function that queries, and what it does with the error. */
const helper = (rest: string): string =>
  `async function store(req) { try { ${insert} } catch (error) { ${rest} } }`

ruleTester().run('no-error-leak', rule as never, {
  valid: [
    { name: 'a fixed text', code: caught("res.status(500).json({ error: 'internal error' })") },
    { name: 'logged', code: caught('console.error(err.message, err.stack); res.status(500).end()') },
    {
      name: 'an error of the application',
      code: caught('if (err instanceof AppError) res.status(err.status).json({ error: err.message })'),
    },
    {
      name: 'all others left before',
      code: caught('if (!(err instanceof AppError)) { throw err } else { res.json({ error: err.message }) }'),
    },
    {
      name: 'narrowed where it is sent, not where it is read',
      code: caught('const text = err.message; if (isAppError(err)) res.json({ error: text })'),
    },
    {
      name: 'meant to be seen',
      code: caught("res.json({ error: err.expose ? err.message : 'internal error' })"),
    },
    {
      name: 'only in development',
      code: caught("res.json({ stack: process.env.NODE_ENV === 'development' ? err.stack : undefined })"),
    },
    {
      name: 'no database in the attempt',
      code: caught('res.status(400).json({ error: err.message })', 'JSON.parse(req.body)'),
    },
    {
      name: 'a thing that is no response',
      code: `import { load } from './load.ts'
export async function run(socket) { try { await load() } catch (err) { socket.send(err.message) } }`,
    },
    {
      name: 'the code of the error is no detail',
      code: caught("res.status(err.code === '23505' ? 409 : 500).json({ error: 'conflict' })"),
    },
    {
      name: 'the cause of an exception stays in the log',
      code: `import { TRPCError } from '@trpc/server'
import { load } from './load.ts'
export async function run() {
  try { await load() } catch (err) { throw new TRPCError({ code: 'INTERNAL_SERVER_ERROR', cause: err }) }
}`,
    },
    {
      name: "what is thrown and is no Error, is not the database's",
      code: caught("res.json({ error: `failed: ${err instanceof Error ? 'see the log' : err}` })"),
    },
    {
      name: 'an error that NestJS keeps to itself',
      code: nest(insert, "throw new NotFoundException('Not found', error)"),
    },
    {
      name: 'the options of an exception of NestJS',
      code: nest(insert, "throw new HttpException('failed', 500, { cause: error })"),
    },
    {
      name: 'recommended: a whole error of reading tells of the statement at most',
      code: nest("await pool.query('SELECT * FROM medicines')", 'throw new BadRequestException(error)'),
      options: likely,
    },
    {
      name: 'recommended: a statement on no relation',
      code: caught('res.status(500).json({ error: err })', "await pool.query('SELECT 1')"),
      options: likely,
    },
    {
      name: 'recommended: no query of the called code is in sight',
      code: caught('res.status(500).json({ error: err })', 'await load()'),
      options: likely,
    },
    {
      name: 'recommended: the error was replaced on the way',
      code: nest('await store(req)', 'throw new BadRequestException(error)', helper("throw new Error('no')")),
      options: likely,
    },
    {
      name: 'recommended: the error was swallowed on the way',
      code: nest('await store(req)', 'throw new BadRequestException(error)', helper('console.error(error)')),
      options: likely,
    },
    {
      name: 'recommended: the error stands in for its text',
      code: nest(insert, 'throw new BadRequestException(error.message || error)'),
      options: likely,
    },
    {
      name: 'certain: the query stands elsewhere',
      code: nest('await store(req)', 'throw new BadRequestException(error)', helper('throw error')),
      options: [{ tier: 'certain', onlyCertain: true }],
    },
  ],
  invalid: [
    {
      name: 'the text of what is thrown, whether or not it is an Error',
      code: caught('res.json({ error: `failed: ${err instanceof AppError ? 1 : err}` })'),
      errors: [{ messageId: 'message' }],
    },
    {
      name: 'the first argument of an exception of NestJS, and the description of it',
      code: nest(
        insert,
        "if (req.deep) throw new HttpException('failed', 500, { description: error.detail }); throw new BadRequestException(error, 'failed')",
      ),
      options: [{ tier: 'certain', onlyCertain: true }],
      errors: [
        { messageId: 'details', data: { source: 'error.detail', origin: 'a query can raise it' } },
        { messageId: 'details', data: { source: 'error', origin: 'a query can raise it' } },
      ],
    },
    {
      name: 'recommended: the called code writes',
      code: nest('await store(req)', 'throw new BadRequestException(error)', helper('throw error')),
      options: likely,
      errors: [{ messageId: 'details' }],
    },
    {
      name: 'recommended: replaced in one case only',
      code: nest(
        'await store(req)',
        'throw new BadRequestException(error)',
        helper("if (error.code === '23505') throw new Error('conflict'); throw error"),
      ),
      options: likely,
      errors: [{ messageId: 'details' }],
    },
    {
      name: 'recommended: rejected on the way',
      code: nest(
        'await store(req)',
        'throw new BadRequestException(error)',
        helper('return Promise.reject(error)'),
      ),
      options: likely,
      errors: [{ messageId: 'details' }],
    },
    {
      name: 'recommended: written in a transaction',
      code: nest(
        `await inTransaction(async () => { ${insert} })`,
        'throw new BadRequestException(error)',
        "import { inTransaction } from './transaction.ts'",
      ),
      options: likely,
      errors: [{ messageId: 'details' }],
    },
    {
      name: 'recommended: fields that are picked by name, wherever the query is',
      code: caught('res.status(500).json({ detail: err.detail })', 'await load()'),
      options: likely,
      errors: [{ messageId: 'details' }],
    },
    {
      name: 'reads are reported where every error is',
      code: nest("await pool.query('SELECT * FROM medicines')", 'throw new BadRequestException(error)'),
      errors: [{ messageId: 'details' }],
    },
    {
      code: caught('res.status(500).json({ error: err.message })'),
      errors: [{ messageId: 'message', data: { source: 'err.message', origin: 'a query can raise it' } }],
    },
    {
      name: 'details of the driver',
      code: caught('res.status(409).send({ detail: err.detail, constraint: err.constraint })'),
      errors: [{ messageId: 'details' }, { messageId: 'details' }],
    },
    {
      name: 'the whole error',
      code: caught('res.status(500).json(err)'),
      errors: [{ messageId: 'details' }],
    },
    {
      name: 'as text',
      code: caught(
        'res.status(500).send(`failed: ${err}`); res.end(String(err)); res.send(JSON.stringify({ err }))',
      ),
      errors: [{ messageId: 'message' }, { messageId: 'message' }, { messageId: 'details' }],
    },
    {
      name: '`instanceof Error` does not tell whose error it is',
      code: caught("const text = err instanceof Error ? err.message : 'unknown'; res.json({ text })"),
      errors: [{ messageId: 'message' }],
    },
    {
      name: 'an error of the database',
      code: caught('if (err instanceof DatabaseError) res.json({ error: err.message })'),
      errors: [{ messageId: 'message' }],
    },
    {
      name: 'code of the program that may query',
      code: caught('res.json({ error: err.message })', 'await load()'),
      errors: [{ messageId: 'message' }],
    },
    {
      name: 'only when asked for',
      code: caught('res.status(400).json({ error: err.message })', 'JSON.parse(req.body)'),
      options: [{ reportUnknown: true }],
      errors: [{ messageId: 'message' }],
    },
    {
      name: 'only what is certain',
      code: caught('res.json({ error: err.message, stack: err.stack })'),
      options: [{ onlyCertain: true }],
      errors: [{ messageId: 'details' }],
    },
    {
      name: 'Express error handler',
      code: 'app.use((err, req, res, next) => { res.status(err.status || 500).json({ message: err.message }) })',
      errors: [{ messageId: 'message' }],
    },
    {
      name: 'Fastify',
      code: 'server.setErrorHandler((error, request, reply) => { reply.status(500).send(error) })',
      errors: [{ messageId: 'details' }],
    },
    {
      name: 'Hono',
      code: 'app.onError((err, c) => c.json({ error: err.message }, 500)); app.onError((err, context: Context) => context.text(err.stack))',
      errors: [{ messageId: 'message' }, { messageId: 'details' }],
    },
    {
      name: 'Koa',
      code: `import { load } from './load.ts'
export async function run(ctx) { try { await load() } catch (e) { ctx.status = 500; ctx.body = { error: e.message } } }`,
      errors: [{ messageId: 'message' }],
    },
    {
      name: 'Next and the Fetch API',
      code: `import { NextResponse } from 'next/server'
import { load } from './load.ts'
export async function GET() { try { await load() } catch (e) { return NextResponse.json({ error: (e as Error).message }) } }
export async function POST() { try { await load() } catch (e) { return new Response(e.stack) } }
export async function PUT() { return load().catch((e) => Response.json({ error: e.message })) }`,
      errors: [{ messageId: 'message' }, { messageId: 'details' }, { messageId: 'message' }],
    },
    {
      name: 'NestJS and tRPC',
      code: `import { HttpException } from '@nestjs/common'
import { TRPCError } from '@trpc/server'
import { load } from './load.ts'
export async function one() { try { await load() } catch (e) { throw new HttpException(e.message, 500) } }
export async function two() { try { await load() } catch (e) { throw new TRPCError({ code: 'BAD_REQUEST', message: e.message }) } }`,
      errors: [{ messageId: 'message' }, { messageId: 'message' }],
    },
  ],
})
