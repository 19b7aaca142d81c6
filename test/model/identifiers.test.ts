import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ghostOf } from '../../harness/model/ghost.ts'
import { IdentifierRegistry } from '../../harness/model/identifiers.ts'
import { harvest, Pool } from '../../harness/model/pool.ts'

describe('identifiers', () => {
  it('belong to one tenant until two have them', () => {
    const registry = new IdentifierRegistry()
    const id = randomUUID()
    registry.own(id, 1)
    expect([...registry.foreign(`{"a":"${id}"}`, 2)]).toEqual([{ id, tenant: 1 }])
    expect([...registry.foreign(`{"a":"${id}"}`, 1)]).toEqual([])
    registry.own(id, 2)
    expect([...registry.foreign(id, 3)]).toEqual([])
  })

  it('stay with whom the target names, whoever sees them', () => {
    const registry = new IdentifierRegistry()
    const id = randomUUID()
    registry.own(id, 1, true)
    registry.own(id, 2)
    expect(registry.ownerOf(id)).toBe(1)
  })

  it.each(['17', '2024-01-01', 'short', '1234567890123'])('cannot be told by %s', (id) => {
    const registry = new IdentifierRegistry()
    registry.own(id, 1)
    expect(registry.ownerOf(id)).toBeUndefined()
  })

  it('are forgotten with their tenant', () => {
    const registry = new IdentifierRegistry()
    const id = randomUUID()
    registry.own(id, 1)
    registry.forget(1)
    expect(registry.ownerOf(id)).toBeUndefined()
  })
})

describe('ghosts', () => {
  const ids = fc.oneof(
    fc.uuid(),
    fc.uuid({ version: 7 }),
    fc.integer({ min: 1, max: 999_999_999 }).map(String),
    fc.stringMatching(/^(prj|tsk)_[0-9a-zA-Z]{12}$/),
    fc.stringMatching(/^[0-9a-f]{24}$/),
  )

  it('look like the id and are another', () => {
    fc.assert(
      fc.property(ids, fc.integer({ min: 1, max: 9 }), (id, salt) => {
        const ghost = ghostOf(id, salt)
        const shape = (text: string): string =>
          text.replace(/[0-9]/g, '9').replace(/[a-f]/g, '9').replace(/[g-z]/g, 'z').replace(/[A-Z]/g, 'Z')
        expect(ghost).not.toBe(id)
        expect(ghostOf(id, salt)).toBe(ghost)
        if (/^\d{1,9}$/.test(id)) expect(Number(ghost)).toBeLessThan(2 ** 31)
        else expect(shape(ghost)).toBe(shape(id))
      }),
    )
  })

  it('keep the time of a time-ordered id', () => {
    expect(ghostOf('01890a5d-ac96-774b-bcce-b302099a8057', 1)).toMatch(/^01890a5d-ac96-7/)
  })
})

describe('harvest', () => {
  it.each([
    [
      'an object',
      { id: 'a1', projectId: 'p1' },
      [
        ['task', 'a1'],
        ['project', 'p1'],
      ],
    ],
    [
      'a wrapped list',
      { data: [{ id: 'a1' }, { id: 'a2' }], nextCursor: 'c1' },
      [
        ['cursor', 'c1'],
        ['task', 'a1'],
        ['task', 'a2'],
      ],
    ],
    [
      'a nested object',
      { id: 'a1', owner: { id: 'u1' } },
      [
        ['task', 'a1'],
        ['owner', 'u1'],
      ],
    ],
    [
      'a number',
      { id: 7, project_id: 9 },
      [
        ['task', '7'],
        ['project', '9'],
      ],
    ],
    ['nothing', 'text', []],
  ])('finds ids in %s', (_name, json, expected) => {
    expect(harvest(json, 'task').map(({ type, id }) => [type, id])).toEqual(expected)
  })
})

describe('pools', () => {
  it('lay what a trial made over what was provisioned, and lose what is removed in both', () => {
    const below = new Pool()
    below.add({ type: 'task', id: 'a', parents: { project: 'p' } })
    const above = new Pool(below)
    above.add({ type: 'task', id: 'b', parents: {} })
    expect(above.of('task').map(({ id }) => id)).toEqual(['b', 'a'])
    expect(below.of('task').map(({ id }) => id)).toEqual(['a'])
    above.remove('p')
    expect(above.of('task').map(({ id }) => id)).toEqual(['b'])
    expect(below.of('task')).toEqual([])
  })
})
