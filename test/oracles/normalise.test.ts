import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { differences, plain, Symbols } from '../../harness/oracles/normalise.ts'
import type { Answer } from '../../harness/oracles/oracle.ts'

const answer = (json: unknown, headers: Answer['headers'] = {}, status = 200): Answer => ({
  status,
  headers,
  body: typeof json === 'string' ? json : JSON.stringify(json),
  json: typeof json === 'string' ? undefined : json,
  milliseconds: 1,
})
const compare = (left: Answer, right: Answer): string[] =>
  differences(plain(left, new Symbols()), plain(right, new Symbols()))

describe('normalised answers', () => {
  it.each([
    ['ids', () => ({ id: randomUUID(), project_id: randomUUID() })],
    ['ids in texts', () => ({ link: `/things/${randomUUID()}` })],
    ['numeric ids', () => ({ id: Math.floor(Math.random() * 1e6) })],
    [
      'times',
      () => ({
        at: new Date(Math.random() * 1e12).toISOString(),
        epoch: Math.floor(1.6e12 + Math.random() * 1e11),
      }),
    ],
    ['a text with an id', () => `<p>${randomUUID()}</p>`],
  ])('are equal but for %s', (_name, make) => expect(compare(answer(make()), answer(make()))).toEqual([]))

  it.each([
    ['status', answer({}), answer({}, {}, 404), ['status']],
    ['a count', answer({ total: 3 }), answer({ total: 4 }), ['total']],
    ['a number that is no id', answer({ number: 3 }), answer({ number: 4 }), ['number']],
    ['a text', answer({ a: { title: 'x' } }), answer({ a: { title: 'y' } }), ['a.title']],
    ['a field too many', answer({ a: 1 }), answer({ a: 1, b: 2 }), ['b']],
    ['a longer list', answer([1]), answer([1, 1]), ['.length', '[]']],
    ['a header', answer({}, { 'x-total': '3' }), answer({}, { 'x-total': '4' }), ['header:x-total']],
    ['which of two ids is meant', answer(same()), answer(other()), ['b.id']],
  ])('differ in %s', (_name, left, right, fields) => expect(compare(left, right)).toEqual(fields))

  it('take the clock for no difference', () => {
    expect(
      compare(answer({}, { date: 'a', 'x-request-id': '1' }), answer({}, { date: 'b', 'x-request-id': '2' })),
    ).toEqual([])
  })
})

function same(): unknown {
  const id = randomUUID()
  return { a: { id }, b: { id } }
}

function other(): unknown {
  return { a: { id: randomUUID() }, b: { id: randomUUID() } }
}
