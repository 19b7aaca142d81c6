import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CanaryRegistry } from '../../harness/model/canaries.ts'

const registry = new CanaryRegistry()
const tokens = Array.from({ length: 20 }, (_, index) =>
  registry.plant(1, index % 3, 'salt', `label ${index}`),
)

describe('canaries', () => {
  const around = fc.stringMatching(/^[ -~]{0,12}$/)
  const token = fc.constantFrom(...tokens)
  const encodings: readonly (readonly [string, (text: string) => string])[] = [
    ['plain', (text) => text],
    ['upper case', (text) => text.toUpperCase()],
    ['JSON', (text) => JSON.stringify({ a: [text] })],
    ['URL', (text) => encodeURIComponent(text)],
    ['base64', (text) => Buffer.from(text).toString('base64')],
    ['base64url', (text) => Buffer.from(text).toString('base64url')],
    ['hexadecimal', (text) => Buffer.from(text).toString('hex')],
  ]

  it.each(encodings)('are found in %s wherever they stand', (_name, encode) => {
    fc.assert(
      fc.property(around, token, around, around, (before, planted, after, outside) => {
        fc.pre(!/[A-Za-z0-9+/_=-]$/.test(outside))
        const found = [...registry.find(`${outside}${encode(`${before} ${planted} ${after}`)} ${outside}`)]
        expect(found.map((sighting) => sighting.token)).toContain(planted)
      }),
    )
  })

  it('are never found by their looks', () => {
    const stranger = new CanaryRegistry().plant(2, 0, 'salt', 'label')
    expect([...registry.find(`x ${stranger} y`)]).toEqual([])
    expect(stranger).toMatch(/^wtcn[0-9a-z]{14}$/)
  })

  it('are equal for equal parts, so that worlds can be twins, and differ otherwise', () => {
    expect(new CanaryRegistry().plant(1, 0, 'salt', 'label 0')).toBe(tokens[0])
    expect(new Set(tokens).size).toBe(tokens.length)
    expect(registry.plant(1, 0, 'pepper', 'label 0')).not.toBe(tokens[0])
  })

  it('are masked in what is shown', () => {
    expect(registry.mask(`a ${tokens[1]} b`, (tenant) => `tenant ${tenant}`)).toBe('a <canary of tenant 1> b')
  })
})
