import type { LibraryExtractor } from './library.ts'
import { drizzle } from './libraries/drizzle.ts'
import { knex } from './libraries/knex.ts'
import { kysely } from './libraries/kysely.ts'
import { mikroOrm } from './libraries/mikro-orm.ts'
import { pg } from './libraries/pg.ts'
import { postgresJs } from './libraries/postgres-js.ts'
import { prisma } from './libraries/prisma.ts'
import { sequelize } from './libraries/sequelize.ts'
import { slonik } from './libraries/slonik.ts'
import { typeorm } from './libraries/typeorm.ts'

/** Every library, in the order in which they are asked about a call: the more specific syntax first. */
export const libraries: readonly LibraryExtractor[] = [
  kysely,
  drizzle,
  knex,
  slonik,
  postgresJs,
  typeorm,
  mikroOrm,
  sequelize,
  prisma,
  pg,
]
