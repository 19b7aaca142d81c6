import { describe, expect, it } from 'vitest'
import { statementsIn } from '../support/queries.ts'
import { dialects, reachings, readById, schools } from '../support/spellings.ts'

function expectOneRead(code: string): void {
  const statements = statementsIn(code, schools)
  expect(statements).toEqual([expect.stringMatching(readById)])
}

describe.each(Object.entries(dialects))('%s', (_, dialect) => {
  it.each(Object.entries(reachings))('%s', (_spelling, write) => {
    expectOneRead(`${dialect.imports}\n${write(dialect)}`)
  })

  it.each(Object.entries(dialect.more))('%s', (_spelling, body) => {
    expectOneRead(
      `${dialect.imports}\nexport const f = async (client: ${dialect.type}, id: string) => { ${body} }`,
    )
  })
})
