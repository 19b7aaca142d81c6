import { shapeOfModels } from './declared-shape.ts'
import { DecoratorReader } from './decorators.ts'
import { EntityClasses } from './entity-classes.ts'
import { Literals } from './literals.ts'
import { ModelNames } from './model-names.ts'
import { readProgram } from './program.ts'
import type { DatabaseShape } from './shape.ts'
import { TypeOrmEntities } from './typeorm-entities.ts'
import { typeOrmNamingOf } from './typeorm-names.ts'
import { TypeOrmSchemas } from './typeorm-schemas.ts'

/**
 * The shape that TypeORM entities declare: classes with decorators (a project's own ones, too), what they inherit, and
 * `EntitySchema`.
 *
 * @throws {@link Problem} `E-PARSER-MISSING`.
 */
export function shapeOfTypeOrm(files: readonly string[]): DatabaseShape {
  const program = readProgram(files, 'TypeORM entity')
  const literals = new Literals(program.definer)
  const decorators = new DecoratorReader(literals, /^(typeorm|@mikro-orm)(\/|$)/)
  const classes = new EntityClasses(program.modules, literals, decorators)
  const { naming, notes } = typeOrmNamingOf(program.modules)
  const names = new ModelNames()
  const entities = new TypeOrmEntities(classes, literals, naming, names)
  const schemas = new TypeOrmSchemas(program.modules, literals, naming, names)
  const models = [...entities.models(), ...schemas.models()]
  return shapeOfModels(models, naming, [...program.unread, ...entities.unread, ...notes])
}
