import { readFileSync } from 'node:fs'
import { readMigrations } from '../schema/from-migrations.ts'
import { readMigrationFiles } from '../schema/migration-files.ts'
import { shapeOfPrisma } from './prisma.ts'
import { shapeOfSchema } from './schema-shape.ts'
import type { DatabaseShape } from './shape.ts'
import { shapeOfTypeOrm } from './typeorm.ts'

/** One way in which projects write their schema down. */
export interface SchemaReader {
  /** What a person calls the source: `Prisma schema`. */
  readonly name: string
  /** A model tells how the code names things, so it is asked before migrations. */
  readonly kind: 'model' | 'migrations'
  /** Names of the files that may hold one. */
  readonly files: RegExp
  /** About how many relations the file declares, told cheaply from its text; 0 when this reader has no business there. */
  readonly count: (text: string) => number
  /** `files` are those that `count` did not refuse; `path` is the file or folder that the user named or that was found. */
  readonly read: (files: readonly string[], path: string) => DatabaseShape
}

const prisma: SchemaReader = {
  name: 'Prisma schema',
  kind: 'model',
  files: /\.prisma$/,
  // A file without a model still belongs to the schema.
  count: (text) => 1 + (text.match(/^\s*model\s+\w+\s*\{/gm)?.length ?? 0),
  read: (files) => shapeOfPrisma(files.map((file) => ({ file, text: readFileSync(file, 'utf8') }))),
}

const sql: SchemaReader = {
  name: 'SQL file or folder of SQL migrations',
  kind: 'migrations',
  files: /\.sql$/i,
  count: (text) => 1 + (text.match(/\bcreate\s+(?:unlogged\s+)?table\b/gi)?.length ?? 0),
  // The order in which a tool applies the files is the reader's to know.
  read: (_files, path) => shapeOfSchema(readMigrations(readMigrationFiles([path]))),
}

const decorator = /@\w*(?:Entity|Column|RelationId|ManyToOne|OneToMany|OneToOne|ManyToMany)\b/

const typeorm: SchemaReader = {
  name: 'TypeORM entities',
  kind: 'model',
  files: /\.[cm]?[jt]s$/,
  count: (text) => {
    if (/['"](?:@mikro-orm\/|sequelize-typescript)/.test(text) && !/['"]typeorm['"]/.test(text)) return 0
    const entities = text.match(/^\s*@\w*Entity\b|\bnew\s+EntitySchema\b/gm)?.length ?? 0
    // Base classes, embedded ones and the naming strategy belong to the entities, too.
    return entities + (decorator.test(text) || /\bnamingStrategy\s*:/.test(text) ? 0.01 : 0)
  },
  read: (files) => shapeOfTypeOrm(files),
}

/** Every kind of source, in the order in which a person would mention them. */
export const schemaReaders: readonly SchemaReader[] = [prisma, typeorm, sql]
