import type { Library } from './query.ts'

/** What they bring along hangs on the row of the model; it does not stand beside its columns. */
export const objectMappers: ReadonlySet<Library> = new Set<Library>(['prisma', 'sequelize'])

const dropping: ReadonlySet<Library> = new Set<Library>(['prisma', 'typeorm', 'mikro-orm', 'sequelize'])

/** Does the library leave a condition out whose value is undefined? */
export const dropsUndefined = (library: Library): boolean => dropping.has(library)
