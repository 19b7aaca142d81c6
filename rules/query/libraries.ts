import type { LibraryExtractor } from './library.ts'
import { kysely } from './libraries/kysely.ts'
import { mikroOrm } from './libraries/mikro-orm.ts'
import { pg } from './libraries/pg.ts'
import { prisma } from './libraries/prisma.ts'
import { typeorm } from './libraries/typeorm.ts'

/** Every library, in the order in which they are asked about a call: the more specific syntax first. */
export const libraries: readonly LibraryExtractor[] = [kysely, typeorm, mikroOrm, prisma, pg]
