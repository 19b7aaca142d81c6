import { parse } from '@typescript-eslint/parser'
import type { TSESTree } from '@typescript-eslint/utils'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { placed, type Given } from '../../rules/query/placeholders.ts'
import type { TextPart } from '../../rules/query/text.ts'
import { rewritten } from '../../rules/sql/dialect.ts'
import {
  anyText,
  clickhouseText,
  type Flavour,
  genericText,
  knexText,
  mysqlText,
  pgText,
  plain,
  sequelizeText,
} from '../../rules/sql/flavour.ts'
import { tokensOf } from '../../rules/sql/lexer.ts'
import { contextOf, statementsIn } from '../support/queries.ts'
import { clinic } from '../support/rule-tester.ts'

const node: TSESTree.Node = parse('text', { range: true, loc: true }) as unknown as TSESTree.Node

const nothing: Given = { named: () => null, positional: () => null, textOf: () => [], nameOf: () => null }

/** The text that is parsed, with `⟨hole⟩` where something is pasted in. */
function read(text: string, flavour: Flavour): string {
  const parts: readonly TextPart[] = [{ kind: 'text', text, node, offset: 0 }]
  return placed(parts, flavour, nothing)
    .parts.map((part) => (part.kind === 'text' ? part.text : '⟨hole⟩'))
    .join('')
    .replaceAll(/ +/g, ' ')
    .trim()
}

type Row = readonly [name: string, flavour: Flavour, text: string, read: string]

const rewritings: readonly Row[] = [
  ['numbers stay', pgText, 'a = $1 and b = $2', 'a = $1 and b = $2'],
  ['one name, one parameter', sequelizeText, 'a = :x and b = :y and c = :x', 'a = $1 and b = $2 and c = $1'],
  ['numbers that are taken', sequelizeText, 'a = $2 and b = :x', 'a = $2 and b = $3'],
  ['a list', sequelizeText, 'a in (:ids)', 'a in ( $1 )'],
  ['each of a row', sequelizeText, 'values (?, ?)', 'values ( $1 , $2 )'],
  ['a bind', sequelizeText, 'a = $name and b = $1', 'a = $2 and b = $1'],
  ['a cast', sequelizeText, 'a = :x::uuid and b::text = c', 'a = $1 ::uuid and b::text = c'],
  ['an assignment', sequelizeText, 'f(a := 1)', 'f(a := 1)'],
  ['a slice', sequelizeText, 'a[1:n]', 'a[1:n]'],
  ['a literal', sequelizeText, "a = ':x ?' and b = :y", "a = ':x ?' and b = $1"],
  ['a doubled quote', sequelizeText, "a = 'it''s :x' and b = :y", "a = 'it''s :x' and b = $1"],
  ['an escaped quote', sequelizeText, "a = E'it\\'s :x' and b = :y", "a = E'it\\'s :x' and b = $1"],
  ['a backslash that escapes nothing', sequelizeText, "a = '\\' and b = :y", "a = '\\' and b = $1"],
  ['a name', sequelizeText, 'a."b:c ?" = :x', 'a."b:c ?" = $1'],
  ['a dollar quote', sequelizeText, 'a = $q$ :x ? $q$ and b = :y', 'a = $q$ :x ? $q$ and b = $1'],
  ['a line comment', sequelizeText, 'a -- :x ?\n = :y', 'a -- :x ?\n = $1'],
  ['a nested comment', sequelizeText, 'a /* :x /* ? */ :z */ = :y', 'a /* :x /* ? */ :z */ = $1'],
  ['operators of jsonb', anyText, "a ? 'k' and b ?| c and d ?& e", "a ? 'k' and b ?| c and d ?& e"],
  ['a value among them', anyText, "a ? 'k' and b = ?", "a ? 'k' and b = $1"],
  ['plain text', plain, 'a = :x and b = ?', 'a = :x and b = ?'],
  [
    'names of Knex',
    knexText,
    'select ?? from :t: where :c: = :v',
    'select ⟨hole⟩ from ⟨hole⟩ where ⟨hole⟩ = $1',
  ],
  [
    'pg-promise',
    pgText,
    'a = $(x) and b = $<x> and c = ${y} and d = $/z/ and e = $[z]',
    'a = $1 and b = $1 and c = $2 and d = $3 and e = $3',
  ],
  ['brackets that are no pair', pgText, 'a = $(x>', 'a = $(x>'],
  [
    'lists of pg-promise',
    pgText,
    'a in ($1:csv) and b in ($(x:list)) and c = $2',
    'a in ( $3 ) and b in ( $4 ) and c = $2',
  ],
  [
    'what pg-promise pastes',
    pgText,
    'select $1:name from $(t~) where $(w:raw) and $2^',
    'select ⟨hole⟩ from ⟨hole⟩ where ⟨hole⟩ and ⟨hole⟩',
  ],
  ['a power', pgText, 'a = $1 ^ 2', 'a = $1 ^ 2'],
  ['an interval', sequelizeText, 'now() - interval :age', 'now() - $1'],
  ['a number and a word', plain, 'where 1=1and b', 'where 1=1 and b'],
  [
    'quotes of MySQL',
    mysqlText,
    'select `a"b` from `t` where c = "it\'s ?" # ?\n and d = ?',
    'select "a""b" from "t" where c = \'it\'\'s ?\' -- ?\n and d = $1',
  ],
  ['escapes of MySQL', mysqlText, "a = 'it\\'s ?' and b = ?", "a = E'it\\'s ?' and b = $1"],
  ['or of MySQL', mysqlText, 'a = ? || b = ? && c <=> d', 'a = $1 OR b = $2 AND c IS NOT DISTINCT FROM d'],
  ['a comment that MySQL runs', mysqlText, 'a = ? /*!50000 or b */', 'a = $1 or b'],
  ['minus minus in MySQL', mysqlText, 'a = 1--1', 'a = 1- -1'],
  ['a page of MySQL', mysqlText, 'limit 10, 20', 'limit 10 OFFSET 20'],
  ['case of MySQL', mysqlText, 'select projectId from Link', 'select "projectId" from "Link"'],
  ['insert ignore', mysqlText, 'insert ignore into t values (?)', 'insert into t values ( $1 )'],
  [
    'on duplicate key',
    mysqlText,
    'insert into t (a) values (?) on duplicate key update a = values(a)',
    'insert into t (a) values ( $1 ) on CONFLICT DO UPDATE SET a = excluded.a',
  ],
  [
    'replace',
    mysqlText,
    'replace into t (a) values (?);',
    'INSERT into t (a) values ( $1 ) ON CONFLICT DO UPDATE SET replaced = DEFAULT',
  ],
  ['variables', genericText, 'a = @x and b = @x', 'a = $1 and b = $1'],
  [
    'ClickHouse',
    clickhouseText,
    'select a from t final prewhere b = {x:UInt8} where c = {y: String} format JSON',
    'select a from t WHERE b = $1 AND c = $2',
  ],
]

describe('placeholders and dialects', () => {
  it.each(rewritings)('%s', (_name, flavour, text, expected) => {
    expect(read(text, flavour)).toBe(expected)
  })

  it('takes turns with a list that the program writes', () => {
    const code = `import mysql from 'mysql2/promise'
      const pool = mysql.createPool({})
      export const f = (ids: string[], tenant: string) => pool.query(
        \`SELECT id FROM visits WHERE id IN (\${ids.map(() => '?').join(', ')}) AND clinic_id = ?\`, [...ids, tenant])`
    const [site] = contextOf(code, clinic)!.sites
    const sources = site!.queries[0]!.query.sources.map(
      (source) => source?.type === 'Identifier' && source.name,
    )
    expect(sources).toEqual(['ids', 'tenant'])
    expect(site!.queries[0]!.query.interpolations).toEqual([])
  })

  it('reads names that the program makes', () => {
    const code = `import pgPromise from 'pg-promise'
      const db = pgPromise()('x')
      export const f = (key: string, values: object) => db.any(\`SELECT id FROM visits WHERE id = $(\${key}) AND a = $(b)\`, values)`
    expect(statementsIn(code, clinic)).toEqual([
      'select visits.id from visits where visits.id = :made__0 and visits.a = :b',
    ])
  })

  it('tells once of combinations of tests that the parser rejects', () => {
    const code = `import { Pool } from 'pg'
      const pool = new Pool()
      export const f = (name?: string) => {
        const set: string[] = []
        if (name) set.push('name = $2')
        return pool.query(\`UPDATE visits SET \${set.join(', ')} WHERE id = $1\`, [1, name])
      }`
    expect(statementsIn(code, clinic)).toEqual([
      'update visits set name = :$2 where visits.id = :$1',
      expect.stringMatching(/^opaque: .*syntax error/),
    ])
  })
})

/** Pieces of SQL text, and whether one is a placeholder of Sequelize. */
const piece = fc.oneof(
  fc.constantFrom(':id', ':tenantId', '?').map((text) => ({ text, isPlaceholder: true })),
  fc
    .constantFrom(
      "':id'",
      "'?'",
      "'it''s :id'",
      "E'\\' :id'",
      '":id"',
      '$$ :id ? $$',
      '$q$ ? $q$',
      '-- :id ?\n',
      '/* ? /* :id */ :id */',
      'a::text',
      'f(a := 1)',
      'select',
      'x.y',
      '= 1.5',
      'é',
      '🦊',
      '(',
      ')',
      ',',
    )
    .map((text) => ({ text, isPlaceholder: false })),
)

const pieces = fc.array(piece, { maxLength: 12 })

const gaps = fc.constantFrom(' ', '\n', '  ')

describe('laws', () => {
  it('finds every placeholder and nothing else', () => {
    fc.assert(
      fc.property(pieces, gaps, (all, gap) => {
        const text = all.map((one) => one.text).join(gap)
        const tokens = tokensOf([text], sequelizeText)
        expect(tokens.map((token) => token.text).join('')).toBe(text)
        const found = tokens.filter(({ kind }) => kind === 'placeholder').map((token) => token.text)
        expect(found).toEqual(all.filter((one) => one.isPlaceholder).map((one) => one.text))
      }),
    )
  })

  it('keeps the place of everything else, however the text is cut', () => {
    fc.assert(
      fc.property(pieces, gaps, fc.nat(), (all, gap, cut) => {
        const text = all.map((one) => one.text).join(gap)
        const at = text.length === 0 ? 0 : cut % text.length
        const parts: readonly TextPart[] = [
          { kind: 'text', text: text.slice(0, at), node, offset: 0 },
          { kind: 'text', text: text.slice(at), node, offset: at },
        ]
        const result = placed(parts, sequelizeText, nothing).parts
        let covered = ''
        for (const part of result) {
          if (part.kind !== 'text' || part.offset === null) continue
          expect(text.slice(part.offset, part.offset + part.text.length)).toBe(part.text)
          covered += part.text
        }
        const written = all.filter((one) => !one.isPlaceholder).map((one) => one.text)
        for (const one of written) expect(covered).toContain(one)
      }),
    )
  })

  it('covers any text in any flavour', () => {
    const flavours = fc.constantFrom(
      plain,
      pgText,
      sequelizeText,
      knexText,
      mysqlText,
      genericText,
      clickhouseText,
    )
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1, maxLength: 4 }), flavours, (texts, flavour) => {
        const tokens = tokensOf(texts, flavour)
        texts.forEach((text, part) => {
          const own = tokens.filter((token) => token.part === part)
          expect(own.map((token) => token.text).join('')).toBe(text)
        })
        expect(rewritten(tokens, flavour.dialect)).toHaveLength(tokens.length)
      }),
    )
  })
})
