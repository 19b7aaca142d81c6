import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readStatements } from '../../rules/audit/captured.ts'

const texts = (capture: string) => readStatements(capture).map(({ text }) => text)

describe('a capture', () => {
  it.each<[string, string, string[]]>([
    ['one statement a line', 'SELECT 1\n\nSELECT 2\n', ['SELECT 1', 'SELECT 2']],
    ['lines that end in a carriage return', 'SELECT 1\r\nSELECT 2\r\n', ['SELECT 1', 'SELECT 2']],
    [
      'statements over several lines',
      'SELECT a\nFROM t\nWHERE b = 1;\n-- next\nSELECT 2;',
      ['SELECT a\nFROM t\nWHERE b = 1', 'SELECT 2'],
    ],
    ['a semicolon in a text', "SELECT\n';\n';\nSELECT 2", ["SELECT\n';\n'", 'SELECT 2']],
    ['a JSON list', '["SELECT a\\nFROM t", "SELECT 2"]', ['SELECT a\nFROM t', 'SELECT 2']],
    ['one JSON text a line', '"SELECT a\\nFROM t"\n"SELECT 2"\n', ['SELECT a\nFROM t', 'SELECT 2']],
    ['a broken one among lines', 'SELECT 1\nSELEC 2\nSELECT 3', ['SELECT 1', 'SELEC 2', 'SELECT 3']],
    [
      'a broken one among statements over several lines',
      'SELECT a\nFROM t;\nSELEC\n2;\nSELECT 3',
      ['SELECT a\nFROM t;', 'SELEC\n2;', 'SELECT 3'],
    ],
    ['nothing but comments', '-- SELECT 1\n/* 2 */', []],
  ])('of %s', (_, capture, expected) => {
    expect(texts(capture)).toEqual(expected)
  })

  it('counts what comes again, and knows where it came first', () => {
    expect(readStatements('SELECT 1\nSELECT 2\nSELECT 1')).toEqual([
      { text: 'SELECT 1', line: 1, times: 2 },
      { text: 'SELECT 2', line: 2, times: 1 },
    ])
    expect(readStatements('SELECT\n1;\n\nSELECT 2;').map(({ line }) => line)).toEqual([1, 4])
  })

  it('loses no statement, whatever the way in which it is written down', () => {
    const statement = fc
      .tuple(fc.constantFrom('SELECT * FROM t', 'DELETE FROM t', 'UPDATE t SET a = 1'), fc.nat(99))
      .map(([head, number]) => `${head} WHERE id = ${number}`)
    fc.assert(
      fc.property(fc.uniqueArray(statement, { minLength: 1 }), (statements) => {
        expect(texts(statements.join('\n'))).toEqual(statements)
        expect(texts(JSON.stringify(statements))).toEqual(statements)
        expect(texts(statements.map((text) => JSON.stringify(text)).join('\n'))).toEqual(statements)
        const broken = statements.map((text) => text.replace(' WHERE', '\nWHERE'))
        expect(texts(broken.join(';\n'))).toEqual(broken)
      }),
    )
  })
})
