import { describe, expect, it } from 'vitest'
import { forgeCursor } from '../../harness/generate/cursors.ts'
import { wordOf } from '../../harness/generate/words.ts'
import { Lexicon } from '../../harness/model/lexicon.ts'

const swaps = [['tenant-a', 'tenant-b']] as const
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

describe('a forged cursor', () => {
  it('names the victim inside, in the encoding of the original', () => {
    expect(forgeCursor(encode({ tenantId: 'tenant-a', id: 7 }), swaps)).toBe(
      encode({ tenantId: 'tenant-b', id: 7 }),
    )
    expect(forgeCursor(`${encode(['tenant-a', 1])}.signature`, swaps)).toBe(
      `${encode(['tenant-b', 1])}.signature`,
    )
    expect(forgeCursor('tenant-a:7', swaps)).toBe('tenant-b:7')
  })

  it('is none when the cursor names no tenant', () => {
    expect(forgeCursor(encode({ id: 7 }), swaps)).toBeNull()
    expect(forgeCursor('opaque', swaps)).toBeNull()
  })
})

describe('the words of the victim', () => {
  const lexicon = new Lexicon((text) => text.includes('secret'))
  lexicon.share('shared-a')
  lexicon.learn({ items: [{ id: 'x', name: 'red', description: 'long prose' }, { name: 'secret' }] }, 'label')

  it('are those of its rows, by type and field, without its secrets', () => {
    expect(lexicon.of('label', 'name')).toEqual(['red'])
    expect(lexicon.of('other', 'name')).toEqual(['red'])
    expect(lexicon.words()).toEqual(['wtcn', 'shared-a', 'red'])
  })

  it('are searched for, the likeliest first', () => {
    expect(wordOf(lexicon.words(), 0)).toBe('wtcn')
    expect([0, 1, 2, 3, 4].map((pick) => wordOf(lexicon.words(), pick))).toContain('red')
  })
})
