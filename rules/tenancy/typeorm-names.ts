import type { SourceModule } from '../source/module.ts'
import { camelCase, capitalised, snakeCase } from './case.ts'
import type { DeclaredColumn, DeclaredModel, Naming } from './declared.ts'

/** How TypeORM names what an entity does not name. */
export interface TypeOrmNaming extends Naming {
  readonly table: (entity: string) => string
  /** `given` is the name in the decorator, `prefixes` are those of the embedded objects around. */
  readonly column: (property: string, given: string | null, prefixes: readonly string[]) => string
}

const defaultNaming: TypeOrmNaming = {
  table: snakeCase,
  column: (property, given, prefixes) => {
    const name = given ?? property
    return prefixes.length === 0 ? name : camelCase(prefixes.join('_')) + capitalised(name.toLowerCase())
  },
  joinColumn: (property, referenced) => camelCase(`${property}_${referenced.property}`),
  joinTable: (owner, property, target) =>
    snakeCase(`${bare(owner)}_${property.replaceAll('.', '_')}_${bare(target)}`),
  joinTableColumn: (model, referenced, _property, twin) => camelCase(`${bare(model)}_${referenced}`) + twin,
}

/** The `SnakeNamingStrategy` of the package typeorm-naming-strategies, which projects also write themselves. */
const snakeNaming: TypeOrmNaming = {
  ...defaultNaming,
  column: (property, given, prefixes) =>
    snakeCase([...prefixes, ''].join('_')) + (given ?? snakeCase(property)),
  joinColumn: (property, referenced) => snakeCase(`${property}_${referenced.property}`),
  joinTableColumn: (model, referenced, _property, twin) => snakeCase(`${bare(model)}_${referenced}`) + twin,
}

/** The naming strategy that the files set up; one that is neither is noted. */
export function typeOrmNamingOf(modules: readonly SourceModule[]): {
  readonly naming: TypeOrmNaming
  readonly notes: readonly string[]
} {
  for (const { text, filename } of modules) {
    const strategy = /\bnamingStrategy\s*:\s*new\s+(\w+)/.exec(text)?.[1]
    if (strategy === undefined) continue
    if (/snake/i.test(strategy)) return { naming: snakeNaming, notes: [] }
    const notes = [
      `${filename}: ${strategy}; names that the entities leave open are taken to be TypeORM's own`,
    ]
    return { naming: defaultNaming, notes }
  }
  return { naming: defaultNaming, notes: [] }
}

/** The table without its schema. */
function bare({ table }: DeclaredModel): string {
  return table.slice(table.lastIndexOf('.') + 1)
}

/** Where the properties of an embedded object lie: `address.` under the prefix of `address`. */
export interface Embedding {
  readonly path: string
  readonly prefixes: readonly string[]
}

export const notEmbedded: Embedding = { path: '', prefixes: [] }

export function columnAt(
  naming: TypeOrmNaming,
  { path, prefixes }: Embedding,
  property: string,
  given: string | null,
  traits: Pick<DeclaredColumn, 'nullable' | 'primary'>,
): DeclaredColumn {
  return { property: path + property, column: naming.column(property, given, prefixes), ...traits }
}
