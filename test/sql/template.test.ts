import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseTemplate } from '../../rules/sql/template.ts'

/** Holes are written `{}`. The answer: position of each hole, `q` for quoted, and its parameter's number in order. */
function positions(text: string): string {
  const parsed = parseTemplate(text.split('{}'))
  if (parsed.kind === 'error') return `error: ${parsed.message}`
  return parsed.holes.map((hole) => `${hole.position}${hole.quoted ? ' (quoted)' : ''}`).join(', ')
}

describe('holes of a template', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['SELECT * FROM t WHERE a = {} AND b = $1', 'value'],
    ["SELECT * FROM t WHERE a = '{}' AND b LIKE '%{}-{}%'", 'value (quoted), value (quoted), value (quoted)'],
    [
      'SELECT * FROM {} WHERE {} = $1 ORDER BY {} {} LIMIT {}',
      'identifier, identifier, identifier, fragment, value',
    ],
    ['SELECT * FROM t {} LIMIT 3', 'fragment'],
    ['SELECT {} FROM t WHERE {}', 'identifier, fragment'],
    ['SELECT * FROM t_{}.x WHERE a = ${} AND b IN ({})', 'identifier, placeholder, value'],
    ['SELECT * FROM t WHERE a = 1 AND {}', 'fragment'],
    ['INSERT INTO t ({}) VALUES {}', 'identifier, fragment'],
    [
      'INSERT INTO t (a, b) VALUES ({}, {}) ON CONFLICT ({}) DO NOTHING -- {}',
      'value, value, identifier, fragment',
    ],
    ['UPDATE t SET {} WHERE id = {}', 'fragment, value'],
    ['UPDATE t SET a = {} WHERE id = {}', 'value, value'],
    ['SELECT "c_{}" FROM t /* {} */', 'identifier, fragment'],
    ['SELECT * FROM t WHERE a = $x${}$x$', 'value (quoted)'],
    ["SELECT E'it\\'s {}' FROM t", 'value (quoted)'],
    ['{}', 'fragment'],
    ['SELEC * FROM t WHERE a = {}', 'error: syntax error at or near "SELEC"'],
  ]
  for (const [text, expected] of cases) it(text, () => expect(positions(text)).toBe(expected))

  it('leads every span back to the text as written', () => {
    const parts = ["SELECT * FROM t WHERE x = 'é😀 ", "' AND tenant_id = ", ' AND "n" = 1']
    const parsed = parseTemplate(parts)
    if (parsed.kind === 'error') throw new Error(parsed.message)
    const { block } = parsed.statements[0]!.statement!
    if (block.kind !== 'select' || block.where?.kind !== 'and') throw new Error(block.kind)
    const located = block.where.operands.map((operand) =>
      'span' in operand ? parsed.locate(operand.span!) : null,
    )
    expect(located[1]).toEqual({
      from: { part: 1, offset: parts[1]!.indexOf('tenant_id') },
      to: { part: 2, offset: 0 },
    })
    expect(located[2]?.from).toEqual({ part: 2, offset: parts[2]!.indexOf('"n"') })
    const names = parsed.statements[0]!.statement!.parameters.map((parameter) => parameter.name)
    expect(names.map((name) => parsed.holesOf(name))).toEqual([[0], [1]])
  })

  it('never throws, and answers for every hole', () => {
    const part = fc.oneof(
      fc.string({ maxLength: 12 }),
      fc.constantFrom(
        ' WHERE ',
        'SELECT ',
        ' = ',
        "'",
        '"',
        '$$',
        '--',
        '/*',
        ' FROM t ',
        ', ',
        '(',
        ')',
        '$',
      ),
    )
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 8 }), (parts) => {
        const parsed = parseTemplate(parts)
        if (parsed.kind === 'parsed') {
          expect(Array.from(parsed.holes, (hole) => hole?.position)).not.toContain(undefined)
          expect(parsed.holes).toHaveLength(parts.length - 1)
        }
      }),
    )
  })
})
