import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { resolveImport } from '../../rules/source/graph.ts'

const folder = mkdtempSync(join(tmpdir(), 'watertight-graph-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('finds the source of a relative import', () => {
  writeFileSync(join(folder, 'near.ts'), '')
  expect(resolveImport('./near', join(folder, 'from.ts'))).toBe(join(folder, 'near.ts'))
})

it('finds no source in a file that is none', () => {
  writeFileSync(join(folder, 'data.json'), '{}')
  expect(resolveImport('./data.json', join(folder, 'from.ts'))).toBeNull()
})

describe('packages of the same workspace', () => {
  const root = join(folder, 'workspace')
  const from = join(root, 'apps/web/page.ts')
  const write = (path: string, content: unknown): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content))
  }
  write('package.json', { workspaces: ['packages/*'] })
  write('packages/mapped/package.json', {
    name: '@acme/mapped',
    exports: {
      '.': { types: './dist/index.d.ts', default: './dist/index.js' },
      './named': './sources/called.ts',
      './*': { types: ['./src/*.ts', './src/*.tsx'], default: './dist/*.js' },
      './inner/*': { default: './built/inner/*.js', source: './hidden/*.ts' },
      './*.css': './styles/*.css',
    },
  })
  write('packages/plain/package.json', { name: 'plain', main: 'lib/main.js' })
  for (const path of [
    'mapped/src/index.ts',
    'mapped/sources/called.ts',
    'mapped/src/lib/find.ts',
    'mapped/src/page.tsx',
    'mapped/hidden/deep.ts',
    'plain/src/main.ts',
    'plain/src/lib/one.ts',
    'plain/other.ts',
  ])
    write(`packages/${path}`, '')

  it.each([
    ['@acme/mapped', 'mapped/src/index.ts'],
    ['@acme/mapped/named', 'mapped/sources/called.ts'],
    ['@acme/mapped/lib/find', 'mapped/src/lib/find.ts'],
    ['@acme/mapped/page', 'mapped/src/page.tsx'],
    ['@acme/mapped/inner/deep', 'mapped/hidden/deep.ts'],
    ['plain', 'plain/src/main.ts'],
    ['plain/lib/one', 'plain/src/lib/one.ts'],
    ['plain/other', 'plain/other.ts'],
  ])('finds the source of %s', (specifier, file) => {
    expect(resolveImport(specifier, from)).toBe(join(root, 'packages', file))
  })

  it.each(['@acme/mapped/missing', '@acme/other', 'plain/missing', 'elsewhere'])(
    'finds none of %s',
    (specifier) => {
      expect(resolveImport(specifier, from)).toBeNull()
    },
  )
})
