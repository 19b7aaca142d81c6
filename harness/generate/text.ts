import fc from 'fast-check'
import type { JsonSchema } from '../target/target.ts'

const words = [
  'alpha',
  'beta',
  'gamma',
  'Delta',
  'omega',
  'Q3 plan',
  'report',
  'item',
  'north',
  'draft',
] as const

/** Texts that have broken SQL builders, encoders and loggers before. */
const awkward = [
  "O'Brien",
  "' OR '1'='1",
  '%',
  '_',
  '"quoted"',
  '${name}',
  '{{name}}',
  'Ünïcödé ß',
  '名前',
  '😀',
  '\\',
  '../../etc',
  '<b>x</b>',
  '-1',
  'null',
  'a'.repeat(300),
] as const

const readable = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(fc.constantFrom(...words), fc.nat(9999)).map(([w, n]) => `${w} ${n}`) },
  { weight: 1, arbitrary: fc.constantFrom(...awkward) },
  { weight: 1, arbitrary: fc.string({ maxLength: 20 }) },
)

const formats: Readonly<Record<string, fc.Arbitrary<string>>> = {
  uuid: fc.uuid({ version: 4 }),
  email: fc.nat(99999).map((n) => `person${n}@example.test`),
  'idn-email': fc.nat(99999).map((n) => `person${n}@example.test`),
  'date-time': instant().map((date) => date.toISOString()),
  date: instant().map((date) => date.toISOString().slice(0, 10)),
  time: instant().map((date) => `${date.toISOString().slice(11, 19)}Z`),
  duration: fc.integer({ min: 1, max: 99 }).map((n) => `PT${n}M`),
  uri: fc.nat(9999).map((n) => `https://example.test/${n}`),
  url: fc.nat(9999).map((n) => `https://example.test/${n}`),
  'uri-reference': fc.nat(9999).map((n) => `/path/${n}`),
  hostname: fc.nat(9999).map((n) => `host${n}.example.test`),
  ipv4: fc.ipV4(),
  ipv6: fc.ipV6(),
  byte: fc.base64String({ maxLength: 24 }),
  regex: fc.constantFrom('^a+$', '[0-9]+', '.*'),
  'json-pointer': fc.constantFrom('/a', '/a/b', ''),
}

function instant(): fc.Arbitrary<Date> {
  return fc.date({
    min: new Date('2020-01-01T00:00:00Z'),
    max: new Date('2035-01-01T00:00:00Z'),
    noInvalidDate: true,
  })
}

/** Lengths count code points, as JSON Schema (validation, section 6.3) does. */
function fits(value: string, least: number, most: number): boolean {
  const length = [...value].length
  return length >= least && length <= most
}

/** Strings that a schema of type `string` admits. */
export function textOf(schema: JsonSchema): fc.Arbitrary<string> {
  const least = numberOr(schema['minLength'], 0)
  const most = numberOr(schema['maxLength'], Math.max(400, least))
  const fit = (value: string): string => stretch(value, least, most)
  const format = formats[String(schema['format'])]
  if (format !== undefined) return format
  const pattern = schema['pattern']
  if (typeof pattern === 'string') return matching(pattern, least, most) ?? readable.map(fit)
  return readable.map(fit)
}

function matching(pattern: string, least: number, most: number): fc.Arbitrary<string> | null {
  for (const flags of ['u', '']) {
    try {
      const expression = new RegExp(pattern, flags)
      const arbitrary = fc.stringMatching(expression, { size: 'small' })
      // A pattern need not know the lengths; taking the first fitting of several draws avoids an endless filter.
      return fc
        .array(arbitrary, { minLength: 12, maxLength: 12 })
        .map(
          (values) =>
            values.find((value) => fits(value, least, most)) ?? repaired(values, expression, least, most),
        )
    } catch {
      continue
    }
  }
  return null
}

/** Repeats the parts of what matched until it is long enough, or cuts it, as long as it still matches. */
function repaired(values: readonly string[], expression: RegExp, least: number, most: number): string {
  for (const value of values) {
    const points = [...value]
    if (points.length > most) {
      const cut = points.slice(0, most).join('')
      if (expression.test(cut)) return cut
    }
    for (const point of points) {
      const longer = value + point.repeat(Math.max(0, least - points.length))
      if (fits(longer, least, most) && expression.test(longer)) return longer
    }
  }
  return values[0] ?? ''
}

function stretch(value: string, least: number, most: number): string {
  const points = [...value]
  if (points.length > most) return points.slice(0, most).join('')
  return points.length < least ? value + 'x'.repeat(least - points.length) : value
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : otherwise
}
