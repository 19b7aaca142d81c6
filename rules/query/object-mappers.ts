import type { Library } from './query.ts'

/** What they bring along hangs on the row of the model; it does not stand beside its columns. */
export const objectMappers: ReadonlySet<Library> = new Set<Library>(['prisma', 'sequelize'])
