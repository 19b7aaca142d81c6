import { expect, it } from 'vitest'
import { routeParameters } from '../../rules/provenance/route-file.ts'

it.each([
  ['/repo/pages/api/teams/[teamId]/documents/[id].ts', ['teamId', 'id']],
  ['pages/api/files/[...path].ts', ['path']],
  ['C:\\repo\\pages\\[orgId]\\index.tsx', ['orgId']],
  ['[id].ts', ['id']],
])('%s', (filename, names) => {
  expect([...routeParameters(filename)]).toEqual(names)
})

it.each(['pages/api/files/[[...path]].ts', 'pages/api/teams/index.ts', 'pages/(group)/x[id]y.ts'])(
  '%s has none that is always there',
  (filename) => {
    expect([...routeParameters(filename)]).toEqual([])
  },
)
