import { fc, test } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import { readJsonText } from '../../rules/tenancy/json-text.ts'

function parsed(text: string): { value: unknown } | null {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return null
  }
}

describe('readJsonText agrees with JSON.parse', () => {
  test.prop([fc.json({ maxDepth: 5 })])('on JSON', (text) => {
    const read = readJsonText(text)
    if (read.kind === 'fault') expect(read.fault.message).toMatch(/stands twice/)
    else expect(read.value).toEqual(JSON.parse(text))
  })

  test.prop([
    fc.json({ maxDepth: 4 }),
    fc.nat(),
    fc.constantFrom('', ',', '}', ']', '"', ':', '0', 'x', '\u0001', '\\'),
  ])('on JSON with one place broken', (json, at, piece) => {
    const cut = at % (json.length + 1)
    const text = json.slice(0, cut) + piece + json.slice(cut + 1)
    const read = readJsonText(text)
    if (read.kind === 'value') expect(parsed(text)).toEqual({ value: read.value })
    else if (!/stands twice/.test(read.fault.message)) expect(parsed(text)).toBeNull()
  })
})
