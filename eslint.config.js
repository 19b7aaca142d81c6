import * as parser from '@typescript-eslint/parser'
import watertight from './dist/rules/index.js'

const service = ['fixtures/service/**/*.ts']

/** Our own plugin on our own service: explicit filters are required although the database confines too. */
export default [
  {
    ignores: [
      'dist/',
      'coverage/',
      'watertight-report/',
      '.watertight/',
      'fixtures/lint/',
      'fixtures/rules/',
      'test/package/stranger/',
    ],
  },
  { files: ['**/*.ts'], languageOptions: { parser } },
  ...watertight.configs.strict.map((config) => ({ ...config, files: service })),
  {
    files: service,
    rules: {
      'watertight/no-raw-sql': [
        'error',
        {
          allow: [
            'fixtures/service/{isolation,backup}/**',
            'fixtures/service/lifecycle/{erasure,offboarding}/**',
            'fixtures/service/scoping/override.ts',
            'fixtures/service/jobs/{queue,liveness}.ts',
            'fixtures/service/exports/archive.ts',
            'fixtures/service/operations/health.ts',
          ],
        },
      ],
    },
  },
  ...watertight.configs.sql.map((config) => ({ ...config, files: ['fixtures/service/**/*.sql'] })),
  { settings: { watertight: { tenancy: './fixtures/service/tenancy.json' } } },
]
