import { describe, expect, it } from 'vitest'
import { singleTenantSigns } from '../../rules/tenancy/single-tenant.ts'
import { projectOf } from '../support/models.ts'

const middleware = (tenant: string): string => `import { DEFAULT_HERD_ID } from './env'
export async function actInHerd(req, res, next) {
  const herdId = ${tenant}
  req.currentHerd = await herds.findById(herdId)
  next()
}`

const signs = (files: Readonly<Record<string, string>>) =>
  singleTenantSigns(projectOf(files).folder, ['herd_id'])

describe('signs of a program with one tenant', () => {
  it('are a constant, and a handler that gives it to whoever acts', () => {
    const found = signs({
      'src/env.ts': "export const DEFAULT_HERD_ID = '875c'",
      'src/middleware.ts': middleware('DEFAULT_HERD_ID'),
    })
    expect(found).toEqual({ constant: 'DEFAULT_HERD_ID', given: ['src/middleware.ts:4'], otherwise: [] })
  })
  it('come with the places that speak against it', () => {
    const found = signs({
      'src/env.ts': 'export const DEFAULT_HERD_ID = process.env.HERD_ID',
      'src/middleware.ts': middleware('DEFAULT_HERD_ID'),
      'src/admin.ts': 'export const enter = (req) => {\n  req.herd = req.session.herd\n}',
    })
    expect(found?.otherwise).toEqual(['src/admin.ts:2'])
  })
  it.each<readonly [string, Readonly<Record<string, string>>]>([
    [
      'the request names the tenant',
      {
        'src/env.ts': "export const DEFAULT_HERD_ID = '875c'",
        'src/middleware.ts': middleware('req.params.herdId'),
      },
    ],
    [
      'nothing fixes what is called so',
      {
        'src/env.ts': 'export const DEFAULT_HERD_ID = herdOf(user)',
        'src/middleware.ts': middleware('DEFAULT_HERD_ID'),
      },
    ],
    [
      'the constant is no tenant',
      {
        'src/env.ts': "export const DEFAULT_HERD_ID_LENGTH = '8'",
        'src/middleware.ts': middleware('DEFAULT_HERD_ID_LENGTH'),
      },
    ],
    ['nobody acts in it', { 'src/env.ts': "export const DEFAULT_HERD_ID = '875c'" }],
  ])('are none where %s', (_, files) => expect(signs(files)).toBeNull())
})
