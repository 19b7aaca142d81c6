import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'explain-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const files = {
  'tenancy.json': JSON.stringify({
    tenantColumns: ['teamId'],
    trusted: ['session.teamId'],
    relations: { projects: { owned: 'teamId', model: 'Project' } },
  }),
  'services/projects.ts': `import { PrismaClient } from '@prisma/client'
const prisma = new PrismaClient()
export const getProject = (id: string) => prisma.project.findUnique({ where: { id } })
`,
  'app/projects/[id]/route.ts': `import { getProject } from '../../../services/projects'
export async function GET(request, { params }) {
  const session = await getSession(request)
  return Response.json(await getProject(params.id))
}
`,
}
for (const [path, text] of Object.entries(files)) {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}

const explained = (...argv: string[]) =>
  spawnSync(
    process.execPath,
    [
      '--import',
      import.meta.resolve('tsx'),
      join(import.meta.dirname, '../../harness/cli/main.ts'),
      'explain',
      ...argv,
    ],
    { cwd: folder, encoding: 'utf8' },
  )

describe('watertight explain', () => {
  it('follows a query to the entry points in other folders, as the linter does', () => {
    const { status, stdout } = explained('services/projects.ts:3')
    expect(status).toBe(0)
    expect(stdout).toContain('read projects: LEAK')
    expect(stdout).toContain('Certain: the request chooses')
    expect(stdout).toContain('app/projects/[id]/route.ts:4')
  })

  it('says when there is no query at the line', () => {
    const { status, stdout } = explained('services/projects.ts:1')
    expect({ status, stdout: stdout.trim() }).toEqual({
      status: 0,
      stdout: expect.stringContaining('no query is recognised at this line'),
    })
  })
})
