import type { LibraryExtractor } from './library.ts'
import { kysely } from './libraries/kysely.ts'
import { pg } from './libraries/pg.ts'
import { prisma } from './libraries/prisma.ts'
import { sequelize } from './libraries/sequelize.ts'

/** Every library, in the order in which they are asked about a call: the more specific syntax first. */
export const libraries: readonly LibraryExtractor[] = [kysely, sequelize, prisma, pg]
