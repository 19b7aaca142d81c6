import type { Dialect } from './dialect.ts'

/** Statements, with in scope what the frame around them has. */
export type Body = (dialect: Dialect) => string

/** What stands around the statements. */
export type Frame = (body: string) => string

/** A way in which a program can know that rows are the tenant's, and what looks like it. */
export interface Shape {
  readonly shape: string
  readonly frame?: Frame
  readonly filename?: string
  readonly body: Body
  readonly counterfeits: readonly Counterfeit[]
}

export interface Counterfeit {
  readonly of: string
  readonly frame?: Frame
  readonly filename?: string
  readonly body: Body
  /** The rules that report, each as often as it does. */
  readonly rules: readonly string[]
}

/** `id`, `ids` and `request` of the caller, and the authenticated `teamId`. */
export const handler: Frame = (body) => `app.get('/projects/:id', async (request, reply) => {
  const { id } = request.params
  const { ids } = request.body
  const { teamId } = request.session
  ${body}
})`

const filter = 'require-tenant-filter'
const leave = 'return reply.code(404).send()'

export const shapes: readonly Shape[] = [
  {
    shape: 'row of a scoped read',
    body: (d) => `const project = ${d.projectOf('id', 'teamId')}
  if (!project) ${leave}
  return ${d.tasksOfProject('project.id')}`,
    counterfeits: [
      {
        of: 'the read is not scoped',
        body: (d) => `const project = ${d.project('id')}
  if (!project) ${leave}
  return ${d.tasksOfProject('project.id')}`,
        rules: [filter],
      },
      {
        of: 'another id than the one that was read',
        body: (d) => `const project = ${d.projectOf('id', 'teamId')}
  if (!project) ${leave}
  return ${d.tasksOfProject('request.query.projectId')}`,
        rules: [filter],
      },
    ],
  },
  {
    shape: 'check, then act',
    body: (d) => `const project = ${d.projectOf('id', 'teamId')}
  if (!project) throw new Error('not found')
  return ${d.removeProject('id')}`,
    counterfeits: [
      {
        of: 'nothing is rejected',
        body: (d) => `const project = ${d.projectOf('id', 'teamId')}
  if (!project) request.log.info('not found')
  return ${d.removeProject('id')}`,
        rules: [filter],
      },
      {
        of: 'rejected after the act',
        body: (d) => `const project = ${d.projectOf('id', 'teamId')}
  const removed = ${d.removeProject('id')}
  if (!project) throw new Error('not found')
  return removed`,
        rules: [filter],
      },
      {
        of: 'the check is by a key that teams share',
        body: (d) => `const { slug } = request.params
  const project = ${d.projectBySlugOf('slug', 'teamId')}
  if (!project) throw new Error('not found')
  return ${d.removeProjectBySlug('slug')}`,
        rules: [filter],
      },
    ],
  },
  {
    shape: '`in` list from a scoped query',
    body: (d) => `const list = ${d.projectsOf('teamId')}
  return ${d.tasksOfProjects('list.map((one) => one.id)')}`,
    counterfeits: [
      {
        of: 'the list is from a query by ids alone',
        body: (d) => `const list = ${d.projectsIn('ids')}
  return ${d.tasksOfProjects('list.map((one) => one.id)')}`,
        rules: [filter],
      },
      {
        of: 'the list of the request beside a scoped query',
        body: (d) => `const list = ${d.projectsOf('teamId')}
  if (list.length === 0) ${leave}
  return ${d.tasksOfProjects('ids')}`,
        rules: [filter],
      },
      {
        of: 'the tenant is that of the first of many ids',
        body: (d) => `const first = ${d.projectOf('ids[0]', 'teamId')}
  if (!first) ${leave}
  return ${d.tasksOfProjects('ids')}`,
        rules: [filter],
      },
      {
        of: 'the tenant of the first of many ids, compared',
        body: (d) => `const list = ${d.projectsIn('ids')}
  if (list[0]?.${d.teamKey} !== teamId) ${leave}
  return list`,
        rules: [filter],
      },
    ],
  },
  {
    shape: 'check after the read that rejects',
    body: (d) => `const project = ${d.project('id')}
  if (!project || project.${d.teamKey} !== teamId) ${leave}
  return project`,
    counterfeits: [
      {
        of: 'skipped when the tenant is undefined',
        body: (d) => `const project = ${d.project('id')}
  if (teamId && project?.${d.teamKey} !== teamId) ${leave}
  return project`,
        rules: [filter],
      },
      {
        of: 'compared with another value of the request',
        body: (d) => `const project = ${d.project('id')}
  if (!project || project.${d.teamKey} !== request.query.teamId) ${leave}
  return project`,
        rules: [filter],
      },
      {
        of: 'nothing is rejected',
        body: (d) => `const project = ${d.project('id')}
  if (!project || project.${d.teamKey} !== teamId) request.log.warn('another team')
  return project`,
        rules: [filter],
      },
      {
        of: 'the row is compared with itself',
        body: (d) => `const project = ${d.project('id')}
  if (!project || project.${d.teamKey} !== project.${d.teamKey}) ${leave}
  return project`,
        rules: [filter],
      },
    ],
  },
  {
    shape: 'check after the read, with a value that was proved',
    body: (d) => `const wanted = request.params.teamId
  const membership = ${d.membership('wanted', 'request.session.user.id')}
  if (!membership) ${leave}
  const project = ${d.project('id')}
  if (!project || project.${d.teamKey} !== wanted) ${leave}
  return project`,
    counterfeits: [],
  },
  {
    shape: 'check after the read of the only row',
    body: (d) => `const [project] = ${d.projectsIn('ids')}
  if (!project || project.${d.teamKey} !== teamId) ${leave}
  return ${d.tasksOfProject('project.id')}`,
    counterfeits: [],
  },
  {
    shape: 'relation filter',
    body: (d) => `return ${d.taskOf('id', 'teamId')}`,
    counterfeits: [
      {
        of: 'the parent is named by what teams share',
        body: (d) => `return ${d.taskTitled('id', 'request.query.title')}`,
        rules: [filter],
      },
    ],
  },
  {
    shape: 'membership proof',
    body: (d) => `const wanted = request.params.teamId
  const membership = ${d.membership('wanted', 'request.session.user.id')}
  if (!membership) ${leave}
  return ${d.projectsOf('wanted')}`,
    counterfeits: [
      {
        of: 'the request names the team, and nobody asks',
        body: (d) => `const wanted = request.params.teamId
  return ${d.projectsOf('wanted')}`,
        rules: ['no-untrusted-tenant-id'],
      },
      {
        of: 'nothing is rejected',
        body: (d) => `const wanted = request.params.teamId
  const membership = ${d.membership('wanted', 'request.session.user.id')}
  if (!membership) request.log.warn('no member')
  return ${d.projectsOf('wanted')}`,
        rules: ['no-untrusted-tenant-id'],
      },
      {
        of: 'the request names the user, too',
        body: (d) => `const wanted = request.params.teamId
  const membership = ${d.membership('wanted', 'request.body.userId')}
  if (!membership) ${leave}
  return ${d.projectsOf('wanted')}`,
        rules: ['no-untrusted-tenant-id'],
      },
      {
        of: 'proved for the parent of the path, queried by the id of the child',
        body: (d) => `const wanted = request.params.teamId
  const membership = ${d.membership('wanted', 'request.session.user.id')}
  if (!membership) ${leave}
  return ${d.project('request.params.projectId')}`,
        rules: [filter],
      },
    ],
  },
]
