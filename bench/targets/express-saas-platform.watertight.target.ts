/**
 * MouliSaiDeep/Multi-Tenant-SaaS-Platform (Express, node-postgres), unchanged. Clone it, `npm ci` in `backend/`, then
 * `WATERTIGHT_CORPUS=<folder of the clone> npm run watertight -- fuzz bench/targets/express-saas-platform.watertight.target.ts`.
 */
import { defineTarget } from '../../harness/index.ts'
import { call, clone, json, startNode } from './clone.ts'

const directory = clone('MouliSaiDeep/Multi-Tenant-SaaS-Platform', 'backend')
const password = 'correct horse battery staple'
const text = { type: 'string', minLength: 1, maxLength: 60 }
const id = { type: 'string', format: 'uuid' }
const status = { enum: ['active', 'archived', 'completed'] }
const taskStatus = { enum: ['todo', 'in_progress', 'completed'] }
const search = { name: 'search', in: 'query', required: false, schema: text } as const
const plan = { enum: ['free', 'pro', 'enterprise'] }

export default defineTarget({
  name: 'express-saas-platform',
  directory,
  database: { managed: true, tenancy: 'express-saas-platform.tenancy.json' },
  start: async ({ directory, databaseUrl, fresh, signal, log }) => {
    const { hostname, port, username, password, pathname } = new URL(databaseUrl!)
    const database = { DB_HOST: hostname, DB_PORT: port, DB_USER: username, DB_NAME: pathname.slice(1) }
    const secrets = { DB_PASSWORD: decodeURIComponent(password), JWT_SECRET: 'only for this campaign' }
    const migrate = fresh ? 'src/utils/migrate.js' : null
    const run = { directory, migrate, main: 'server.js', health: '/api/health', signal, log }
    return startNode({ ...run, environment: { ...database, ...secrets } })
  },
  provision: async (seed, { baseUrl }) => {
    const post = (path: string, body: object, as?: string) => json('POST', `${baseUrl}/api${path}`, body, as)
    const email = `${seed.collide('admin')}@example.com`
    const tenantName = `${seed.collide('name')} ${seed.canary('tenant')}`
    const admins = { adminEmail: email, adminPassword: password, adminFullName: seed.canary('admin') }
    const tenant = { tenantName, subdomain: seed.slug, ...admins }
    const { tenantId } = (await post('/auth/register-tenant', tenant)).data
    const { token, user } = (await post('/auth/login', { email, password, subdomain: seed.slug })).data
    await post(`/tenants/${tenantId}/upgrade`, { plan: 'enterprise' }, token)
    const login = { email: `${seed.collide('user')}@example.com`, password }
    const person = { ...login, fullName: seed.canary('user'), role: 'user' }
    const member = (await post(`/tenants/${tenantId}/users`, person, token)).data
    const resources = [
      { type: 'tenant', id: tenantId },
      { type: 'user', id: user.id },
      { type: 'user', id: member.id },
    ]
    for (let row = 0; row < seed.rows; row += 1) {
      const project = { name: seed.collide(`project${row}`), description: seed.canary(`project${row}`) }
      const { id: projectId } = (await post('/projects', project, token)).data
      const task = { projectId, title: seed.canary(`task${row}`), assignedTo: member.id }
      resources.push(
        { type: 'project', id: projectId },
        { type: 'task', id: (await post('/tasks', task, token)).data.id },
      )
    }
    return {
      id: tenantId,
      actors: [{ name: 'admin', role: 'tenant_admin', credentials: { token } }],
      resources,
    }
  },
  authenticate: async (actor) => ({
    headers: { authorization: `Bearer ${String(actor.credentials.token)}` },
  }),
  operations: [
    call('me', 'GET /api/auth/me'),
    { ...call('listProjects', 'GET /api/projects'), parameters: [search] },
    call('createProject', 'POST /api/projects', { name: text, description: text, status }, [
      'name',
      'description',
    ]),
    call('getProject', 'GET /api/projects/{projectId}'),
    call('updateProject', 'PUT /api/projects/{projectId}', { name: text, description: text, status }),
    call('deleteProject', 'DELETE /api/projects/{projectId}'),
    call('listTasks', 'GET /api/projects/{projectId}/tasks'),
    {
      ...call('createTask', 'POST /api/tasks', { projectId: id, title: text, assignedTo: id }, [
        'projectId',
        'title',
      ]),
      bodyResources: { projectId: 'project', assignedTo: 'user' },
    },
    {
      ...call('updateTask', 'PUT /api/tasks/{taskId}', { title: text, assignedTo: id }),
      bodyResources: { assignedTo: 'user' },
    },
    call('updateTaskStatus', 'PATCH /api/tasks/{taskId}/status', { status: taskStatus }, ['status']),
    call('deleteTask', 'DELETE /api/tasks/{taskId}'),
    { ...call('listUsers', 'GET /api/tenants/{tenantId}/users'), parameters: [search] },
    call('updateUser', 'PUT /api/users/{userId}', { fullName: text }),
    call('listTenants', 'GET /api/tenants'),
    call('getTenant', 'GET /api/tenants/{tenantId}'),
    call('updateTenant', 'PUT /api/tenants/{tenantId}', { name: text, subscription_plan: plan }),
    call('upgradeTenant', 'POST /api/tenants/{tenantId}/upgrade', { plan }, ['plan']),
  ],
})
