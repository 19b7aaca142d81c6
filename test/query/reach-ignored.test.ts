import { describe, expect, it } from 'vitest'
import { exposuresOf, prisma, teamsWith } from '../support/exposures.ts'

const to = (relation: string, column: string) => ({
  to: relation,
  many: false,
  on: [[column, 'id']] as const,
})

const tenancy = teamsWith({
  projects: { owned: 'teamId', model: 'Project' },
  people: { global: 'identities', model: 'Person' },
  labels: {
    owned: 'teamId',
    model: 'Label',
    relationFields: { project: to('projects', 'projectId'), person: to('people', 'personId') },
  },
  tasks: { ownedThrough: ['projectId', 'projects'], model: 'Task' },
})

/** A function that is handed a tenant and does not ask for it, and a handler that calls it. */
const kindOf = (query: string, ...handed: readonly string[]): string => {
  const service = `${prisma}export const rowsOf = (teamId, given) => prisma.${query}\n`
  const routes = handed.map((value, index): [string, string] => [
    `app/route${index}.ts`,
    `${prisma}import { rowsOf } from '../service'
export async function GET(request, { params }) {
  const session = await getSession(request)
  const row = await prisma.project.findFirst({ where: { id: params.id, teamId: session.teamId } })
  return rowsOf(row.teamId, ${value})
}
`,
  ])
  return exposuresOf({ 'service.ts': service, ...Object.fromEntries(routes) }, tenancy)[0]!.kind
}

describe('a tenant that is handed over beside a row, and not asked for', () => {
  it.each<readonly [string, string, string, string]>([
    ['the row that they refer to', 'derived', 'label.findMany({ where: { projectId: given } })', 'row.id'],
    ['the row that owns them', 'derived', 'task.findMany({ where: { projectId: given } })', 'row.id'],
    ['a row that tenants share', 'likely', 'label.findMany({ where: { personId: given } })', 'row.ownerId'],
    ['a name', 'likely', 'label.findMany({ where: { name: given } })', 'row.name'],
    ['what the request names', 'certain', 'label.findMany({ where: { projectId: given } })', 'params.id'],
  ])('rows picked by %s are %s', (_, kind, query, value) => {
    expect(kindOf(query, value)).toBe(kind)
  })

  it('is told where one of the callers hands over what the request names', () => {
    expect(kindOf('label.findMany({ where: { projectId: given } })', 'row.id', 'params.projectId')).toBe(
      'certain',
    )
  })
})

describe('a row that is handed on', () => {
  const service = `${prisma}export const renamed = (teamId, row) => prisma.project.update({ where: { id: row.id }, data: { name: '' } })\n`
  const found = 'prisma.project.findFirst({ where: { id: params.id, teamId: session.teamId } })'
  const kindAfter = (body: string): string => {
    const route = `${prisma}import { renamed } from '../service'
import { touched } from './elsewhere'
export async function GET(request, { params }) {
  const session = await getSession(request)
  ${body}
}
`
    return exposuresOf({ 'service.ts': service, 'app/route.ts': route }, tenancy)[0]!.kind
  }

  it.each<readonly [string, string, string]>([
    [
      'by a transaction',
      'derived',
      `const row = await prisma.$transaction(async (tx) => { return tx.project.findFirst({ where: { teamId: session.teamId } }) }); return renamed(session.teamId, row)`,
    ],
    [
      'by a transaction, as a member',
      'derived',
      `const { row } = await prisma.$transaction(async () => { const row = await ${found}; return { row, asked: params.id } }); return renamed(session.teamId, row)`,
    ],
    [
      'by a transaction that gives back what the request says',
      'certain',
      `const row = await prisma.$transaction(async () => { await ${found}; return { id: params.id } }); return renamed(session.teamId, row)`,
    ],
    [
      'from its place among several',
      'derived',
      `const [, row] = await Promise.all([touched(params.id), ${found}]); return renamed(session.teamId, row)`,
    ],
    [
      'out of a list that is mapped',
      'derived',
      `const rows = await Promise.all(session.ids.map(async () => ${found})).then((all) => all.filter(Boolean)); return renamed(session.teamId, rows[0])`,
    ],
    [
      'by a variable that is written twice',
      'derived',
      `let row = await ${found}; if (!row) row = await prisma.project.create({ data: { teamId: session.teamId } }); return renamed(session.teamId, row)`,
    ],
    [
      'by a variable that the request may write',
      'certain',
      `let row = await ${found}; if (!row) row = params; return renamed(session.teamId, row)`,
    ],
    [
      'by a variable that a part of the request is taken apart into',
      'certain',
      `let row = await ${found}; if (!row) ({ row } = params); return renamed(session.teamId, row)`,
    ],
  ])('%s is %s', (_, kind, body) => {
    expect(kindAfter(body)).toBe(kind)
  })
})
