import fc from 'fast-check'
import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { parseSql } from '../../rules/sql/parse.ts'
import { indexPositions } from '../../rules/sql/position.ts'
import { toStatements } from '../../rules/sql/statements.ts'

const unicode = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', ''))
/** A string without what PostgreSQL would read as the end of it; lone surrogates have no UTF-8. */
const content = fc.string({ unit: 'grapheme' }).map((text) => text.replace(/['\0]/g, ''))

describe('positions', () => {
  it('converts bytes and code points as the encoder counts them', () => {
    fc.assert(
      fc.property(unicode, (text) => {
        const index = indexPositions(text)
        const points = [...text]
        let offset = 0
        points.forEach((point, at) => {
          expect(index.fromCodePoint(at)).toBe(offset)
          expect(index.fromByte(Buffer.byteLength(text.slice(0, offset)))).toBe(offset)
          offset += point.length
        })
        expect(index.bytes).toBe(Buffer.byteLength(text))
        expect(index.fromByte(index.bytes)).toBe(text.length)
      }),
    )
  })

  it('places every mention on its own text, whatever stands before it', () => {
    fc.assert(
      fc.property(content, content, (before, comment) => {
        const text = `-- ${comment.replace(/[\r\n]/g, '')}\nSELECT '${before}' FROM "tâble😀" t WHERE t.x = $1; DELETE FROM other`
        const parsed = toStatements(text)
        if (parsed.kind === 'error') throw new Error(parsed.message)
        const [select, remove] = parsed.statements
        expect(text.slice(select!.span.start, select!.span.end)).toMatch(/^SELECT[^]*\$1$/)
        expect(text.slice(remove!.span.start, remove!.span.end)).toBe('DELETE FROM other')
        const { block } = select!.statement!
        if (block.kind !== 'select') throw new Error(block.kind)
        const span = block.from[0]!.span!
        expect(text.slice(span.start, span.end)).toBe('"tâble😀"')
        const where = block.where!
        if (where.kind !== 'compare') throw new Error(where.kind)
        expect(text.slice(where.span!.start, where.span!.end)).toBe('t.x = $1')
      }),
    )
  })

  it('places an error on the offending token', () => {
    fc.assert(
      fc.property(content, (before) => {
        const text = `SELECT '${before}' FRO x y`
        expect(parseSql(text)).toMatchObject({ kind: 'error', offset: text.length - 3 })
      }),
    )
  })
})

describe('a parser that survives', () => {
  const hostile: Record<string, string> = {
    NUL: 'SELECT 1\0; DROP TABLE t',
    'deep parentheses': `SELECT ${'('.repeat(50_000)}1${')'.repeat(50_000)}`,
    'a long sum': `SELECT ${'1+'.repeat(100_000)}1`,
    'many NOTs': `SELECT ${'NOT '.repeat(50_000)}true`,
    'deep sub-queries': `${'SELECT * FROM ('.repeat(20_000)}SELECT 1${') x'.repeat(20_000)}`,
    'an open string': "SELECT 'abc",
    'a lone surrogate': "SELECT '\ud800' FRO x y",
  }
  for (const [name, text] of Object.entries(hostile)) {
    it(`answers ${name} with an error and goes on`, () => {
      const result = parseSql(text)
      expect(result.kind).toBe('error')
      if (result.kind === 'error') expect(result.offset).toBeLessThanOrEqual(text.length)
      expect(parseSql('SELECT 1')).toMatchObject({ kind: 'parsed' })
    })
  }

  it('never throws on any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => void toStatements(text)))
  })

  it('takes what parses but nests deeper than the reader', () => {
    const result = toStatements(`SELECT * FROM t WHERE ${'NOT ('.repeat(3_000)}true${')'.repeat(3_000)}`)
    expect(result.kind).toBe('parsed')
  })
})

describe('loading', () => {
  it('needs no turn of the event loop, so that a plugin may be loaded by require()', () => {
    const program = `
      import { parseSql } from ${JSON.stringify(new URL('../../rules/sql/parse.ts', import.meta.url).href)}
      process.stdout.write(parseSql('SELECT 1').kind)
    `
    const arguments_ = ['--import', 'tsx', '--input-type=module', '--eval', program]
    expect(execFileSync(process.execPath, arguments_, { encoding: 'utf8' })).toBe('parsed')
  })
})
