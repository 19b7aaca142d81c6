import { readFileSync } from 'node:fs'
import { readMigrations } from '../schema/from-migrations.ts'
import { readMigrationFiles } from '../schema/migration-files.ts'
import { countDrizzle, shapeOfDrizzle } from './drizzle.ts'
import { countKnex, countProgram, shapeOfKnex, shapeOfProgram } from './migrations/read.ts'
import { shapeOfPrisma } from './prisma.ts'
import { shapeOfSchema } from './schema-shape.ts'
import type { DatabaseShape } from './shape.ts'
import { shapeOfMikroOrm } from './mikro-orm.ts'
import { shapeOfSequelize } from './sequelize.ts'
import { countTableTypes, shapeOfTableTypes } from './table-types.ts'
import { shapeOfTypeOrm } from './typeorm.ts'

/** One way in which projects write their schema down. */
export interface SchemaReader {
  /** What a person calls the source: `Prisma schema`. */
  readonly name: string
  /**
   * A model tells how the code names things, so it is asked before migrations; types tell few keys, so they come last. A program that
   * makes tables may be a tool's for its own ends, so it never stands beside a model.
   */
  readonly kind: 'model' | 'migrations' | 'program' | 'types'
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

const drizzle: SchemaReader = {
  name: 'Drizzle schema',
  kind: 'model',
  files: /\.[cm]?[jt]s$/,
  count: countDrizzle,
  read: (files) => shapeOfDrizzle(files),
}

const knex: SchemaReader = {
  name: 'folder of Knex migrations',
  kind: 'migrations',
  files: /\.[cm]?[jt]s$/,
  count: countKnex,
  read: (files) => shapeOfKnex(files),
}

const program: SchemaReader = {
  name: 'migrations in code',
  kind: 'program',
  files: /\.[cm]?[jt]s$/,
  count: countProgram,
  read: (files) => shapeOfProgram(files),
}

const sql: SchemaReader = {
  name: 'SQL file or folder of SQL migrations',
  kind: 'migrations',
  files: /\.sql$/i,
  count: (text) => 1 + (text.match(/\bcreate\s+(?:unlogged\s+)?table\b/gi)?.length ?? 0),
  // The order in which a tool applies the files is the reader's to know.
  read: (_files, path) => shapeOfSchema(readMigrations(readMigrationFiles([path]))),
}

const anyProgram = /\.[cm]?[jt]s$/
/** Base classes, embedded ones and the naming strategy belong to the entities, but declare no table. */
const besides = 0.01

/** Files may import a type of one ORM and declare the entities of another; the decorator of the class decides. */
const otherEntities =
  /\{[^{}]*\b(?:Entity|EntitySchema|defineEntity|Embeddable)\b[^{}]*\}\s*from\s*['"]@mikro-orm\/|['"]sequelize-typescript['"]/

const typeorm: SchemaReader = {
  name: 'TypeORM entities',
  kind: 'model',
  files: anyProgram,
  count: (text) => {
    if (otherEntities.test(text) && !/['"]typeorm['"]/.test(text)) return 0
    const entities = occurrences(text, /^\s*@\w*Entity\b|\bnew\s+EntitySchema\b/gm)
    const part = /@\w*(?:Column|RelationId|ManyToOne|OneToMany|OneToOne|ManyToMany)\b|\bnamingStrategy\s*:/
    return entities + (part.test(text) ? besides : 0)
  },
  read: (files) => shapeOfTypeOrm(files),
}

const mikroOrm: SchemaReader = {
  name: 'MikroORM entities',
  kind: 'model',
  files: anyProgram,
  count: (text) => {
    if (!/['"]@mikro-orm\//.test(text) || /['"]typeorm['"]/.test(text)) return 0
    const entities = occurrences(text, /^\s*@\w*Entity\b|\bnew\s+EntitySchema\b|\bdefineEntity\s*\(/gm)
    return entities + besides
  },
  read: (files) => shapeOfMikroOrm(files),
}

const sequelize: SchemaReader = {
  name: 'Sequelize models',
  kind: 'model',
  files: anyProgram,
  count: (text) => {
    if (!/sequelize/i.test(text)) return 0
    const defined = occurrences(
      text,
      /\bsequelize\s*\.\s*define\s*(?:<[^(]*>)?\(|\.init\s*\(\s*\{|^\s*@Table\b/gim,
    )
    const part = /\.(?:belongsTo|hasMany|hasOne|belongsToMany)\s*\(|\bnew\s+\W*Sequelize\b|@Column\b/
    return defined + (part.test(text) ? besides : 0)
  },
  read: (files) => shapeOfSequelize(files),
}

const tableTypes: SchemaReader = {
  name: 'table types of Kysely or Kanel',
  kind: 'types',
  files: /\.[cm]?tsx?$/,
  count: countTableTypes,
  read: (files) => shapeOfTableTypes(files),
}

function occurrences(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0
}

/** Every kind of source, in the order in which a person would mention them. */
export const schemaReaders: readonly SchemaReader[] = [
  prisma,
  drizzle,
  typeorm,
  mikroOrm,
  sequelize,
  knex,
  program,
  sql,
  tableTypes,
]
