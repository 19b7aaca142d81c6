import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'vitest'
import type { Ask, TenantInService } from './service.ts'

type Named = Pick<TenantInService, 'id'>

/** Looks at the latest of a list until it is over. */
export async function latestOver(operator: Ask, path: string, field: string, ends: readonly string[]) {
  for (;;) {
    const { json } = await operator(`GET ${path}`)
    const [latest] = json.items
    if (ends.includes(latest?.[field])) return latest
    await delay(10)
  }
}

/** Takes a backup of a tenant and waits for it. */
export async function backUp(operator: Ask, { id }: Named) {
  const path = `/operator/tenants/${id}/backups`
  expect((await operator(`POST ${path}`)).status).toBe(202)
  return latestOver(operator, path, 'state', ['complete', 'failed'])
}

/** Restores a tenant and waits for the end of it. */
export async function restore(operator: Ask, tenant: Named, body: object) {
  const started = await operator(`POST /operator/tenants/${tenant.id}/restore`, { body })
  expect(started.status).toBe(202)
  return restored(operator, tenant)
}

export function restored(operator: Ask, { id }: Named) {
  return latestOver(operator, `/operator/tenants/${id}/restores`, 'phase', ['done', 'failed'])
}

export async function recoveryPoint(operator: Ask, { id }: Named): Promise<string> {
  return (await operator(`POST /operator/tenants/${id}/recovery-points`)).json.point
}

/** Fills a tenant; twelve tasks in four projects. */
export async function fill(tenant: Pick<TenantInService, 'id' | 'adminId' | 'memberId'>, operator: Ask) {
  const task = (index: number) => ({
    title: `Task ${index}`,
    labels: ['bug'],
    assignee: tenant.memberId,
    comments: [{ author: tenant.adminId, body: 'Words' }],
  })
  const projects = Array.from({ length: 4 }, (_, index) => ({
    slug: `p-${index}`,
    name: `Project ${index}`,
    tasks: [task(0), task(1), task(2)],
  }))
  const { status, json } = await operator(`POST /operator/tenants/${tenant.id}/import`, {
    body: { labels: [{ name: 'bug' }], projects },
  })
  expect(status).toBe(201)
  return json.projects as readonly {
    readonly id: string
    readonly tasks: readonly { readonly id: string }[]
  }[]
}

/** What a tenant has, as its admin sees it. */
export async function contents({ admin }: Pick<TenantInService, 'admin'>) {
  const lists = ['projects', 'tasks', 'labels', 'users'].map(async (name) => {
    const { status, json } = await admin(`GET /${name}?limit=100`)
    expect(status).toBe(200)
    return [name, json.items] as const
  })
  return Object.fromEntries(await Promise.all(lists))
}
