import { describe, expect, it } from 'vitest'
import { drizzle, knex, kysely } from './builder-dialects.ts'
import { reportedIn } from './findings.ts'
import { framedShapes } from './framed-shapes.ts'
import { mikroOrm, prisma, sequelize, typeorm } from './mapper-dialects.ts'
import { type Frame, handler, shapes } from './shapes.ts'
import { pg, postgresJs, slonik } from './sql-dialects.ts'

const dialects = [pg, postgresJs, kysely, drizzle, knex, prisma, typeorm, sequelize, mikroOrm, slonik]

const table = [...shapes, ...framedShapes]

describe.each(dialects)('$library', (dialect) => {
  const { library, header, wheres } = dialect
  const reported = (body: string, frame: Frame = handler, filename = 'src/routes.ts'): readonly string[] =>
    reportedIn(`${header}\n\n${frame(body)}\n`, library, filename)

  describe.each(table)('$shape', ({ body, frame, filename, counterfeits }) => {
    it('is silent', () => expect(reported(body(dialect), frame, filename)).toEqual([]))

    for (const other of counterfeits) {
      it(`is reported: ${other.of}`, () =>
        expect(reported(other.body(dialect), other.frame ?? frame, other.filename ?? filename)).toEqual(
          other.rules,
        ))
    }
  })

  describe.each(wheres)('`where` as $way', ({ body, beside = '', counterfeit, lacks, rule }) => {
    const frame: Frame = (inner) => `${beside}\n${handler(inner)}`

    it('is silent', () => expect(reported(body, frame)).toEqual([]))

    it(`is reported without ${lacks}`, () => expect(reported(counterfeit, frame)).toEqual([rule]))
  })
})
