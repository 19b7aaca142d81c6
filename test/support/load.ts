import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'vitest'
import type { Answer, Ask } from './service.ts'

/** A tenant whose projects all begin with its slug. */
export interface Customer {
  readonly id: string
  readonly slug: string
  readonly ask: Ask
}

/** What a customer was answered while something happened to the service. */
export interface Experience {
  readonly customer: Customer
  readonly tried: ReadonlySet<string>
  /** Answered with 201: these have to be there, whatever happened. */
  readonly acknowledged: ReadonlySet<string>
  /** How often each status was answered. */
  readonly statuses: ReadonlyMap<number, number>
  /** Projects of others that were shown. */
  readonly foreign: readonly string[]
  /** Refusals that do not say when to come back. */
  readonly silent: readonly Answer[]
}

/** Makes a customer without limits. */
export async function customer(
  operator: Ask,
  as: (token: string) => Ask,
  slug: string,
  plan: string,
): Promise<Customer> {
  const members = [{ name: 'Ada', email: 'ada@example.org', role: 'admin' }]
  const made = await operator('POST /operator/tenants', { body: { slug, name: slug, plan, members } })
  expect(made.status, made.text).toBe(201)
  const { id, members: people } = made.json
  const body = { plan: 'unlimited', reason: 'test' }
  expect((await operator(`PUT /operator/tenants/${id}/quotas`, { body })).status).toBe(200)
  return { id, slug, ask: as(people[0].token) }
}

/** Lets customers write and read, each in several lanes, until it is told to stop. */
export function load(customers: readonly Customer[], lanes = 3) {
  let going = true
  const all = customers.map((who, number) => {
    const experience = {
      customer: who,
      tried: new Set<string>(),
      acknowledged: new Set<string>(),
      statuses: new Map<number, number>(),
      foreign: [] as string[],
      silent: [] as Answer[],
    }
    const heard = (answer: Answer) => {
      experience.statuses.set(answer.status, (experience.statuses.get(answer.status) ?? 0) + 1)
      if (answer.status === 503 && answer.headers['retry-after'] === undefined) experience.silent.push(answer)
      return answer
    }
    const lane = async (index: number) => {
      for (let count = 0; going; count += 1) {
        const slug = `${who.slug}-${number}-${index}-${count}`
        experience.tried.add(slug)
        const { status } = heard(await who.ask('POST /projects', { body: { slug, name: slug } }))
        if (status === 201) experience.acknowledged.add(slug)
        const list = heard(await who.ask('GET /projects?limit=50&sort=-createdAt'))
        for (const item of list.status === 200 ? list.json.items : []) {
          if (!item.slug.startsWith(who.slug)) experience.foreign.push(item.slug)
        }
        if (status === 503) await delay(20)
      }
    }
    return { experience, lanes: Promise.all(Array.from({ length: lanes }, (_, index) => lane(index))) }
  })
  return {
    /** When each customer has been acknowledged some more writes. */
    progress: async (writes: number) => {
      const goals = all.map(({ experience }) => experience.acknowledged.size + writes)
      while (all.some(({ experience }, index) => experience.acknowledged.size < goals[index]!))
        await delay(10)
    },
    stop: async (): Promise<readonly Experience[]> => {
      going = false
      await Promise.all(all.map(({ lanes }) => lanes))
      return all.map(({ experience }) => experience)
    },
  }
}

/** Holds what the customers have to what they were told. */
export async function expectKept(
  experiences: readonly Experience[],
  allowed: readonly number[],
): Promise<void> {
  for (const { customer: who, tried, acknowledged, statuses, foreign, silent } of experiences) {
    expect(foreign, who.slug).toEqual([])
    expect(silent, who.slug).toEqual([])
    expect(
      [...statuses.keys()].filter((status) => !allowed.includes(status)),
      who.slug,
    ).toEqual([])
    const there = new Set(await slugsOf(who.ask))
    expect(
      [...acknowledged].filter((slug) => !there.has(slug)),
      who.slug,
    ).toEqual([])
    const strange = [...there].filter((slug) => slug.startsWith(`${who.slug}-`) && !tried.has(slug))
    expect(strange, who.slug).toEqual([])
  }
}

export async function slugsOf(ask: Ask): Promise<string[]> {
  const found: string[] = []
  for (let cursor: string | null = ''; cursor !== null;) {
    const page = await ask(`GET /projects?limit=100${cursor === '' ? '' : `&cursor=${cursor}`}`)
    expect(page.status).toBe(200)
    found.push(...page.json.items.map(({ slug }: { slug: string }) => slug))
    cursor = page.json.nextCursor
  }
  return found
}
