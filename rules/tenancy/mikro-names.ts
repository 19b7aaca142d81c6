import type { SourceModule } from '../source/module.ts'
import type { DeclaredModel, Naming } from './declared.ts'

/** How MikroORM names what an entity does not name. */
export interface MikroNaming extends Naming {
  readonly table: (entity: string) => string
  readonly column: (property: string) => string
}

/** MikroORM's default for SQL databases. */
const underscoreNaming: MikroNaming = {
  table: underscore,
  column: underscore,
  joinColumn: (property, referenced) => `${underscore(property)}_${referenced.column}`,
  joinTable: (owner, property) => `${bare(owner)}_${underscore(property)}`,
  joinTableColumn: (model, referenced, _property, twin) => `${underscore(model.name + twin)}_${referenced}`,
}

const entityCaseNaming: MikroNaming = {
  table: (entity) => entity,
  column: (property) => property,
  joinColumn: (property) => property,
  joinTable: (owner, property) => `${bare(owner)}_${property}`,
  joinTableColumn: (model, _referenced, _property, twin) =>
    model.name.charAt(0).toLowerCase() + model.name.slice(1) + twin,
}

/** The naming strategy that the files set up; one of the project's own is noted. */
export function mikroNamingOf(modules: readonly SourceModule[]): {
  readonly naming: MikroNaming
  readonly notes: readonly string[]
} {
  for (const { text, filename } of modules) {
    const strategy = /\bnamingStrategy\s*:\s*(?:new\s+)?(\w+)/.exec(text)?.[1]
    if (strategy === undefined || strategy === 'UnderscoreNamingStrategy') continue
    if (strategy === 'EntityCaseNamingStrategy') return { naming: entityCaseNaming, notes: [] }
    const notes = [
      `${filename}: ${strategy}; names that the entities leave open are taken to be MikroORM's own`,
    ]
    return { naming: underscoreNaming, notes }
  }
  return { naming: underscoreNaming, notes: [] }
}

function underscore(name: string): string {
  return name.replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase()
}

function bare({ table }: DeclaredModel): string {
  return table.slice(table.lastIndexOf('.') + 1)
}
