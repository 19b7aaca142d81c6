import { describe, expect, it } from 'vitest'
import type { Exposure } from '../../rules/query/reach/exposure.ts'
import { exposuresOf, prisma, teamsWith } from '../support/exposures.ts'

const tenancy = teamsWith({ projects: { owned: 'teamId', model: 'Project' } })

const command = (body: string): string => `export class RenameProject implements ICommand {\n  ${body}\n}\n`

const handler = (
  picked: string,
  decorator = '@CommandHandler(RenameProject)',
  method = 'execute',
): string => `${prisma}
import { RenameProject } from './rename-project.command'
${decorator}
export class RenameProjectHandler implements ICommandHandler<RenameProject> {
  async ${method}(command: RenameProject) {
    return prisma.project.update({ where: { id: ${picked} }, data: { title: 'new' } })
  }
}
`

const controller = (made: string): string => `import { RenameProject } from './rename-project.command'
@Controller('projects')
export class ProjectController {
  constructor(private readonly commandBus: CommandBus) {}
  @Post(':id')
  async rename(@Param('id') id: string, @Body() body: RenameBody, @CurrentUser() user: User) {
    return this.commandBus.execute(${made})
  }
}
`

const other = (made: string): string => `import { OtherCommand } from './other.command'
@Controller('others')
export class OtherController {
  @Post(':id')
  async rename(@Param('id') id: string, @CurrentUser() user: User) { return this.commandBus.execute(${made}) }
}
`

const exposureOf = (files: Readonly<Record<string, string>>): Exposure => exposuresOf(files, tenancy)[0]!

const property = 'constructor(public readonly id: string, readonly input: RenameInput = {}) {}'

describe('a handler of messages that a bus hands over', () => {
  it.each<readonly [string, Exposure['kind'], string, string, string]>([
    ['by a property of its constructor', 'certain', property, 'command.id', 'new RenameProject(id, body)'],
    [
      'by what a property holds',
      'certain',
      property,
      'command.input.projectId',
      'new RenameProject(user.id, body)',
    ],
    [
      'by what its constructor assigns',
      'certain',
      'id: string\n  constructor(given: string) { this.id = given }',
      'command.id',
      'new RenameProject(id)',
    ],
    ['by what the program writes', 'unreached', property, 'command.id', "new RenameProject('home', body)"],
    ['by what nobody sees in it', 'unreached', property, 'command.later', 'new RenameProject(id, body)'],
  ])('%s', (_, kind, body, picked, made) => {
    const files = {
      'rename-project.command.ts': command(body),
      'service.ts': handler(picked),
      'project.controller.ts': controller(made),
    }
    expect(exposureOf(files).kind).toBe(kind)
  })

  it('tells the way', () => {
    const files = {
      'rename-project.command.ts': command(property),
      'service.ts': handler('command.id'),
      'project.controller.ts': controller('new RenameProject(id, body)'),
    }
    expect(exposureOf(files)).toMatchObject({
      path: [
        { name: 'rename', file: 'project.controller.ts' },
        { name: 'execute', file: 'service.ts' },
      ],
    })
  })

  it.each<readonly [string, string, string]>([
    ['@QueryHandler(RenameProject)', 'execute', 'certain'],
    ['@EventsHandler(RenameProject)', 'handle', 'certain'],
    ['@EventsHandler(RenameProject)', 'other', 'unreached'],
  ])('%s %s', (decorator, method, kind) => {
    const files = {
      'rename-project.command.ts': command(property),
      'service.ts': handler('command.id', decorator, method),
      'project.controller.ts': controller('new RenameProject(id, body)'),
    }
    expect(exposureOf(files).kind).toBe(kind)
  })

  it('is handed no message of another class by the same name', () => {
    const files = {
      'rename-project.command.ts': command(property),
      'other.command.ts': command(property).replace('RenameProject', 'OtherCommand'),
      'service.ts': handler('command.id'),
      'project.controller.ts': other('new OtherCommand(id)'),
    }
    expect(exposureOf(files).kind).toBe('unreached')
  })
})
