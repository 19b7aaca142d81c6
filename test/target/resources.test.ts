import { describe, expect, it } from 'vitest'
import { bodyResourcesOf } from '../../harness/target/body-resources.ts'
import { creates, endsInAction, endsInDeed, typeOfCollection } from '../../harness/target/resources.ts'

describe('the collection that a path ends in', () => {
  it.each([
    ['/tasks', 'task'],
    ['/projects/{id}/tasks', 'task'],
    ['/tasks/bulk', 'task'],
    ['/tasks/bulk-update', 'task'],
    ['/projects/{id}/tasks/batchCreate', 'task'],
    ['/tasks:batchUpdate', 'task'],
    ['/projects/{id}/export', 'project'],
    ['/search', 'search'],
    ['/api/search', 'search'],
    ['/imports', 'import'],
    ['/tenants/{id}/imports', 'import'],
  ])('%s → %s', (path, type) => {
    expect(typeOfCollection(path)).toBe(type)
  })

  it('gives the ids of a bulk change their type', () => {
    const schema = { properties: { ids: { type: 'array', items: { type: 'string' } } } }
    expect(bodyResourcesOf(schema, typeOfCollection('/tasks/bulk'))).toEqual({ 'ids[]': 'task' })
  })

  it('is not added to by an action', () => {
    expect(endsInAction('/tasks/search')).toBe(true)
    expect(creates({ method: 'POST', path: '/tasks/search', produces: 'task' })).toBe(false)
    expect(creates({ method: 'POST', path: '/tasks', produces: 'task' })).toBe(true)
  })

  it.each([
    ['/invoices/{id}/issue', true],
    ['/v1/tasks/{taskId}/complete', true],
    ['/tasks/{id}/comments', false],
    ['/tasks/complete', false],
    ['/post/{id}/comment', false],
    ['/tasks', false],
  ])('is told from what is done with one row: %s', (path, deed) => {
    expect(endsInDeed(path)).toBe(deed)
  })
})
