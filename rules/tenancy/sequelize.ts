import { shapeOfModels } from './declared-shape.ts'
import type { Naming } from './declared.ts'
import { DecoratorReader } from './decorators.ts'
import { EntityClasses } from './entity-classes.ts'
import { Literals } from './literals.ts'
import { ModelNames } from './model-names.ts'
import { readProgram } from './program.ts'
import { associate } from './sequelize-associations.ts'
import { SequelizeClasses } from './sequelize-classes.ts'
import { methodCallsIn, SequelizeDefinitions, sharedOptions } from './sequelize-definitions.ts'
import { SequelizeLinks } from './sequelize-links.ts'
import { SequelizeModels } from './sequelize-models.ts'
import type { DatabaseShape } from './shape.ts'

/** Associations name all that they make; only a key that they leave out falls back on these. */
const naming: Naming = {
  joinColumn: (property, referenced) => `${property}_${referenced.column}`,
  joinTable: (owner, property) => `${owner.table}_${property}`,
  joinTableColumn: (model, referenced) => `${model.name}_${referenced}`,
}

/**
 * The shape that Sequelize models declare: `define`, `init`, the classes of sequelize-typescript, and their associations.
 *
 * @throws {@link Problem} `E-PARSER-MISSING`.
 */
export function shapeOfSequelize(files: readonly string[]): DatabaseShape {
  const program = readProgram(files, 'Sequelize model')
  const literals = new Literals(program.definer)
  const shared = sharedOptions(program.modules, literals)
  const models = new SequelizeModels(literals)
  const calls = program.modules.flatMap(methodCallsIn)
  const defined = new SequelizeDefinitions(literals, models, shared)
  const decorators = new DecoratorReader(literals, /sequelize/)
  const classes = new SequelizeClasses(
    new EntityClasses(program.modules, literals, decorators),
    literals,
    models,
    (given) => (name) => given(name) ?? literals.property(shared, name),
  )
  const definitions = [...calls.flatMap((call) => defined.read(call) ?? []), ...classes.definitions()]
  const names = new ModelNames()
  for (const { model, names: own } of definitions) for (const name of own) names.add(name, model.key)
  const found = definitions.map(({ model }) => model)
  const byNode = new Map(definitions.map(({ node, model }) => [node, model]))
  const links = new SequelizeLinks(literals, found, byNode, names)
  const associations = [
    ...calls.flatMap((call) => links.association(call) ?? []),
    ...classes.associations(links),
  ]
  const declared = associate(found, associations, (at) => links.find(at))
  return shapeOfModels(declared, naming, [...program.unread, ...links.unread])
}
