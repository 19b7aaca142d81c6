import { shapeOfModels } from './declared-shape.ts'
import { DecoratorReader } from './decorators.ts'
import { EntityClasses } from './entity-classes.ts'
import { Literals, type Located } from './literals.ts'
import { MikroEntities } from './mikro-entities.ts'
import { mikroNamingOf } from './mikro-names.ts'
import { MikroProperties } from './mikro-properties.ts'
import { MikroSchemas } from './mikro-schemas.ts'
import { ModelNames } from './model-names.ts'
import { readProgram } from './program.ts'
import type { DatabaseShape } from './shape.ts'

/**
 * The shape that MikroORM entities declare: classes with decorators, `EntitySchema` and `defineEntity`.
 *
 * @throws {@link Problem} `E-PARSER-MISSING`.
 */
export function shapeOfMikroOrm(files: readonly string[]): DatabaseShape {
  const program = readProgram(files, 'MikroORM entity')
  const literals = new Literals(program.definer)
  const decorators = new DecoratorReader(literals, /^(@mikro-orm|typeorm)(\/|$)/)
  const classes = new EntityClasses(program.modules, literals, decorators)
  const { naming, notes } = mikroNamingOf(program.modules)
  const names = new ModelNames()
  const typed = program.modules.some(({ text }) => text.includes('TsMorphMetadataProvider'))
  const entities = new MikroEntities(classes, literals, naming, names, typed)
  const schemas = new MikroSchemas(program.modules, literals, naming, names)
  const keyOf = (at: Located) => entities.keyOf(at) ?? names.find(literals.nameOf(literals.returned(at)))
  const embedded = (at: Located) => {
    const found = entities.embedded(at)
    return found.length > 0 ? found : schemas.embedded(at)
  }
  const properties = new MikroProperties(literals, naming, keyOf, embedded)
  const models = [...entities.models(properties), ...schemas.models(properties)]
  return shapeOfModels(models, naming, [...program.unread, ...entities.unread, ...notes])
}
