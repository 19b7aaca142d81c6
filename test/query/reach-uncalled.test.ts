import { describe, expect, it } from 'vitest'
import { exposureKinds, prisma, teamsWith } from '../support/exposures.ts'

const tenancy = teamsWith({ projects: { owned: 'teamId', model: 'Project' } })

/** Two functions of one module; the second ignores the team that it is handed. */
const service = `${prisma}
export const countOf = async (teamId: string) => prisma.project.count({ where: { teamId } })
export async function openProject(id: string, teamId: string) {
  return prisma.project.findUnique({ where: { id } })
}
`
const others = {
  'page.ts': `import { countOf } from './service'\nexport const show = (team) => countOf(team.id)\n`,
}
const kindsOf = (files: Readonly<Record<string, string>>) =>
  exposureKinds({ 'service.ts': service, ...files }, tenancy)

describe('a query that ignores the tenant of its function', () => {
  it('is open to nobody where no file calls or imports the function', () => {
    expect(kindsOf(others)).toEqual(['unreached'])
  })
  it.each<readonly [string, string]>([
    [
      'it is called',
      `import { openProject } from './service'\nexport const load = (id, team) => openProject(id, team.id)`,
    ],
    ['it is passed on', `import { openProject } from './service'\nexport const tools = [openProject]`],
    ['it is renamed', `import { openProject as load } from './service'\nexport const tools = [load]`],
    ['it is exported again', `export { openProject } from './service'`],
    ['a barrel hands all of it on', `export * from './service'`],
    [
      'all of it is imported',
      `import * as service from './service'\nexport const run = (name, ...all) => service[name](...all)`,
    ],
    [
      'it is imported when it is needed',
      `export const load = async () => (await import('./service')).openProject`,
    ],
    ['it is required', `const service = require('./service')\nmodule.exports = service`],
    [
      'a part of it is required',
      `const { openProject } = require('./service')\nmodule.exports = openProject`,
    ],
    ['another extension is written', `export * from './service.js'`],
  ])('is told where %s', (_, text) => {
    expect(kindsOf({ ...others, 'other.ts': text })).toEqual(['likely'])
  })
  it('is open to nobody where others name their module through an alias', () => {
    const page = `import { countOf } from '@/lib/service'\nexport const show = (team) => countOf(team.id)\n`
    const files = { 'lib/service.ts': service, 'lib/page.ts': page }
    expect(exposureKinds(files, tenancy, 'lib/service.ts')).toEqual(['unreached'])
  })
  it.each([
    ['another folder', `import { countOf } from './other/service'\nexport const show = countOf`],
    [
      'an alias that leads elsewhere',
      `import { countOf } from '@/other/service'\nexport const show = countOf`,
    ],
    ['a package', `import { countOf } from '@acme/service'\nexport const show = countOf`],
  ])('is told where the module that others know has the same name in %s', (_, text) => {
    expect(kindsOf({ 'page.ts': text })).toEqual(['likely'])
  })
  it('is told where nobody in sight loads the module: a framework does, or those who install the package', () => {
    expect(kindsOf({})).toEqual(['likely'])
  })
  it.each([
    ['hands it on under another name', `${service}\nexport { openProject as load }`],
    ['puts it into a table', `${service}\nexport const table = { openProject }`],
    ['has it as its default', service.replace('export async', 'export default async')],
    ['names it as frameworks do', service.replace('openProject', 'loader')],
    [
      'makes it a method',
      service
        .replace('export async function openProject', 'export class Projects { async openProject')
        .concat('}'),
    ],
    [
      'hands it to what wraps it',
      service
        .replace(
          'export async function openProject(id: string, teamId: string) {',
          'export const openProject = task(async (id: string, teamId: string) => {',
        )
        .replace(/\}\n$/, '})\n'),
    ],
  ])('is told where its own module %s', (_, text) => {
    expect(exposureKinds({ ...others, 'service.ts': text }, tenancy)).toEqual(['likely'])
  })
  it('stays certain where it is an action of a server, which needs no caller', () => {
    expect(exposureKinds({ ...others, 'service.ts': `'use server'\n${service}` }, tenancy)).toEqual([
      'certain',
    ])
  })
})
