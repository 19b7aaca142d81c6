import type { Definition } from './definition.ts'

/** The package that an expression was made by, and the names that lead from it. */
export interface Origin {
  readonly module: string
  /** Exported name and members, outermost last; what a constructor or call gives is left out: `new Redis().get` is `['default', 'get']`. */
  readonly path: readonly string[]
  /** It goes through a `new`, a call or a declared type: a thing of the package, not the package itself. */
  readonly made: boolean
}

/** Null: made by no package in sight. */
export function originOf(definition: Definition): Origin | null {
  switch (definition.kind) {
    case 'import':
      return definition.local ? null : { module: definition.module, path: [definition.name], made: false }
    case 'member': {
      const object = originOf(definition.object)
      return object === null ? null : { ...object, path: [...object.path, definition.name] }
    }
    case 'instance':
      return made(originOf(definition.of))
    case 'typed':
      return made(originOf(definition.type))
    case 'call':
    case 'callbackParameter':
      return made(originOf(definition.callee))
    case 'class':
      return definition.extends === null ? null : made(originOf(definition.extends))
    default:
      return null
  }
}

const made = (origin: Origin | null): Origin | null => origin && { ...origin, made: true }

/** The export of a package that an expression is itself: `decode` of `import jwt from 'jsonwebtoken'; jwt.decode`. */
export function exportOf(definition: Definition): { readonly module: string; readonly name: string } | null {
  const origin = originOf(definition)
  if (origin === null || origin.made) return null
  const names = origin.path.filter((name) => name !== '*' && name !== 'default')
  return { module: origin.module, name: names.join('.') || 'default' }
}

/** Is it a global of the platform (`Response`, `Map`), not a name that the file declares? */
export function isGlobal(definition: Definition, name: string): boolean {
  return definition.kind === 'unknown' && definition.text === name
}
