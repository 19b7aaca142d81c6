const parser = require('@typescript-eslint/parser')
const watertight = require('watertight')

module.exports = [
  { files: ['**/*.ts'], languageOptions: { parser } },
  ...watertight.configs.recommended,
  ...watertight.configs.sql,
  { settings: { watertight: { tenancy: './tenancy.json' } } },
]
