import { describe, expect, it } from 'vitest'
import { type Repertoire, sweepOf, trialOf } from '../../harness/generate/trial.ts'
import type { Operation } from '../../harness/target/target.ts'
import { operationsOf } from '../../harness/target/operations.ts'
import { openApi, safeRoutes } from '../support/notes-service.ts'
import { notesTarget } from '../support/notes-target.ts'

const target = notesTarget(safeRoutes, { openapi: openApi(safeRoutes) })
const operations = await operationsOf(target, 'http://127.0.0.1:1')
const repertoire: Repertoire = {
  operations,
  hints: 4,
  slots: new Map(operations.map(({ id, parameters }) => [id, parameters.length])),
  creators: new Map([['folder', 'POST /folders']]),
  ties: new Map(),
  places: new Map(operations.map(({ id, parameters }) => [id, parameters.map(() => 'path' as const)])),
}

describe('trials', () => {
  it('depend on nothing but seed and index, so that shards need no coordinator', () => {
    const whole = Array.from({ length: 60 }, (_, index) => trialOf(3, index, repertoire))
    const shards = [0, 1, 2].map((shard) =>
      Array.from({ length: 20 }, (_, index) => trialOf(3, index * 3 + shard, repertoire)),
    )
    expect(shards.flat().toSorted((left, right) => left.index - right.index)).toEqual(whole)
    expect(trialOf(4, 0, repertoire)).not.toEqual(trialOf(3, 0, repertoire))
  })

  it('create what they are going to delete', () => {
    const trials = Array.from({ length: 300 }, (_, index) => trialOf(1, index, repertoire))
    const deletions = trials.flatMap(({ steps }) =>
      steps.flatMap((step, index) =>
        step.operation.startsWith('DELETE') && step.relation === 'own' ? [steps[index - 1]] : [],
      ),
    )
    expect(deletions.length).toBeGreaterThan(5)
    expect(deletions.every((step) => step?.operation === 'POST /folders')).toBe(true)
  })

  it('sweep every operation under its own and foreign ids, every hint and every hostility', () => {
    const steps = sweepOf(1, repertoire).flatMap((trial) => trial.steps.slice(-1))
    for (const { id, parameters, writes } of operations) {
      const mine = steps.filter((step) => step.operation === id)
      expect(new Set(mine.map(({ hint }) => hint))).toEqual(new Set([null, 0, 1, 2, 3]))
      if (parameters.length > 0) expect(mine.some(({ relation }) => relation === 'foreign')).toBe(true)
      if (writes) expect(new Set(mine.map(({ hostility }) => hostility)).size).toBe(11)
    }
  })

  it('ask lists for everything, and for one filter at a time: a second one could hide what the first lets through', () => {
    const list: Operation = {
      ...operations.find(({ id }) => id === 'GET /folders')!,
      parameters: ['noteId', 'folderId'].map((name) => ({
        name,
        in: 'query' as const,
        required: false,
        schema: { type: 'string', format: 'uuid' },
        resource: name.replace('Id', ''),
      })),
    }
    const filtered = { ...repertoire, operations: [list], slots: new Map([[list.id, 2]]) }
    const bare = sweepOf(5, filtered).flatMap(({ steps }) => steps.filter((step) => step.bare))
    expect(bare.map(({ relation, focus }) => [relation, focus])).toEqual([
      ['own', -1],
      ['foreign', 0],
      ['foreign', 1],
    ])
  })
})
