import { describe, expect, it } from 'vitest'
import type { Exposure } from '../../rules/query/reach/exposure.ts'
import type { TenancyFile } from '../../rules/tenancy/tenancy.ts'
import { exposuresOf } from '../support/exposures.ts'

const tenancy: TenancyFile = {
  tenantRoot: 'schools',
  tenantColumns: ['schoolId'],
  relations: {
    schools: { root: 'id', model: 'School' },
    courses: { owned: 'schoolId', model: 'Course' },
    lessons: { ownedThrough: ['courseId', 'courses'], model: 'Lesson' },
  },
}

/** A base service that finds rows and throws when there are none, and one on top of it that adds the tenant to what is looked for. */
const bases = `import { Repository } from 'typeorm'
import { Session } from './session'
export abstract class Crud<T> {
  constructor(protected repository: Repository<T>) {}
  async findById(id: string, options?: object) {
    const row = await this.repository.findOne({ where: { id, ...options } } as any)
    if (!row) throw new Error('not found')
    return row
  }
  async findAnyById(id: string) { return await this.findById(id) }
  async findPerhaps(id: string, options?: object) { return await this.repository.findOne({ where: { id, ...options } }) }
}
export abstract class TenantCrud<T> extends Crud<T> {
  private withTenant(options?: object) { return { ...options, schoolId: Session.currentUser().schoolId } }
  async findById(id: string, options?: object) { return await super.findById(id, this.withTenant(options)) }
  async findPerhaps(id: string, options?: object) { return await super.findPerhaps(id, this.withTenant(options)) }
}
`

const service = (base: string, body: string): string => `import { Repository } from 'typeorm'
import { ${base} } from './bases'
import { Session } from './session'
import { Course, Lesson } from './entities'
export class CourseService extends ${base}<Course> {
  constructor(courses: Repository<Course>, private lessons: Repository<Lesson>) { super(courses) }
  private async findOwn(id: string) {
    const where = { id, schoolId: Session.currentSchoolId() }
    return this.repository.findOne({ where })
  }
  async dropLessonsOf(id: string) {
    ${body}
    await this.lessons.delete({ courseId: id })
  }
}
`

const controller = `import { CourseService } from './service'
export class CourseController {
  constructor(private readonly service: CourseService) {}
  @Delete(':id')
  drop(@Param('id') id: string) { return this.service.dropLessonsOf(id) }
}
`

/** What is known of the deletion, the last query of the file. */
function kindOf(base: string, body: string): Exposure['kind'] | undefined {
  const files = { 'service.ts': service(base, body), 'bases.ts': bases, 'controller.ts': controller }
  return exposuresOf(files, tenancy).at(-1)?.kind
}

describe('a look-up that a base class of the service does', () => {
  it.each<readonly [string, string, string, Exposure['kind']]>([
    ['under the tenant, and throws', 'TenantCrud', 'await this.findById(id)', 'guarded'],
    ['of another id', 'TenantCrud', 'await this.findById(this.mine)', 'likely'],
    ['for anybody', 'Crud', 'await this.findById(id)', 'likely'],
    [
      'for anybody, past the class that adds the tenant',
      'TenantCrud',
      'await super.findAnyById(id)',
      'likely',
    ],
    ['on one way only', 'TenantCrud', 'if (this.strict) await this.findById(id)', 'likely'],
    ['under the tenant, unasked', 'TenantCrud', 'await this.findPerhaps(id)', 'likely'],
    [
      'under the tenant, in the class itself, and asked',
      'Crud',
      `const course = await this.findOwn(id); if (!course) throw new Error('none')`,
      'guarded',
    ],
    ['under the tenant, in the class itself, unasked', 'Crud', 'await this.findOwn(id)', 'likely'],
  ])('%s', (_, base, body, kind) => {
    expect(kindOf(base, body)).toBe(kind)
  })
})
