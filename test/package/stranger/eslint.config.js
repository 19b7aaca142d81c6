import parser from '@typescript-eslint/parser'
import watertight from 'watertight'

export default [
  { files: ['**/*.ts'], languageOptions: { parser } },
  ...watertight.configs.recommended,
  ...watertight.configs.sql,
  { settings: { watertight: { tenancy: './tenancy.json' } } },
]
