import * as parser from '@typescript-eslint/parser'
import { Linter } from 'eslint'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import watertight from '../../rules/index.ts'
import { clinic } from '../support/rule-tester.ts'

const folder = resolve(import.meta.dirname, '../../docs/rules')
const own = Object.keys(watertight.rules).filter((id) => !id.startsWith('sql-'))

/** Code blocks below a heading of a page. */
function blocks(page: string, heading: 'Correct' | 'Incorrect'): string[] {
  const section = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? ''
  return [...section.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]!)
}

function findings(id: string, code: string): string[] {
  const messages = new Linter({ configType: 'flat' }).verify(
    code,
    [
      {
        files: ['**/*.ts'],
        languageOptions: { parser },
        plugins: { watertight: watertight as never },
        rules: { [`watertight/${id}`]: 'error' },
        settings: { watertight: { tenancy: clinic } },
      },
    ],
    { filename: 'example.ts' },
  )
  return messages.map((message) => message.ruleId ?? message.message)
}

it('has one page for each rule, and no other page', () => {
  const pages = readdirSync(folder).filter((name) => name.endsWith('.md') && name !== 'README.md')
  expect(pages.toSorted()).toEqual(own.map((id) => `${id}.md`).toSorted())
})

describe.each(own)('%s', (id) => {
  const page = readFileSync(join(folder, `${id}.md`), 'utf8')

  it('starts with the name and the description of the rule', () => {
    const rule = watertight.rules[id] as {
      readonly meta: { readonly docs: { readonly description: string } }
    }
    expect(page.split('\n').slice(0, 3)).toEqual([`# ${id}`, '', `${rule.meta.docs.description}.`])
  })

  it('names every option', () => {
    const { meta } = watertight.rules[id] as {
      readonly meta: { readonly schema: readonly { properties: object }[] }
    }
    const options = Object.keys(meta.schema[0]!.properties)
    expect(options.filter((option) => !page.includes(`\`${option}\``))).toEqual([])
  })

  const incorrect = blocks(page, 'Incorrect')
  const correct = blocks(page, 'Correct')

  it('has examples of both kinds', () => {
    expect(Math.min(incorrect.length, correct.length)).toBeGreaterThan(0)
  })

  it.each(incorrect)('reports %#: %s', (code) => {
    const found = findings(id, code)
    expect(found.length).toBeGreaterThan(0)
    expect(new Set(found)).toEqual(new Set([`watertight/${id}`]))
  })

  it.each(correct)('does not report %#: %s', (code) => {
    expect(findings(id, code)).toEqual([])
  })
})
