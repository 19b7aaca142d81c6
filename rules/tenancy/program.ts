import { Problem } from '../problem.ts'
import { Definer } from '../source/define.ts'
import { loadModule } from '../source/graph.ts'
import type { SourceModule } from '../source/module.ts'
import { type Parse, parseOf } from '../source/parsed-file.ts'

/** Source files that declare a schema, with a way to follow their names into the files that they import. */
export interface SchemaProgram {
  readonly modules: readonly SourceModule[]
  readonly definer: Definer
  readonly parse: Parse
  /** Files that do not parse. */
  readonly unread: readonly string[]
}

/**
 * Parses the files of a schema that is written as a program.
 *
 * @throws {@link Problem} `E-PARSER-MISSING` without `@typescript-eslint/parser`, which is an optional peer.
 */
export function readProgram(files: readonly string[], kind: string): SchemaProgram {
  const parse = parserFor(kind)
  const modules: SourceModule[] = []
  const unread: string[] = []
  for (const file of files) {
    const module = loadModule(file, parse)
    if (module === null) unread.push(`${file}: does not parse`)
    else modules.push(module)
  }
  const first = modules[0] ?? emptyModule(parse)
  return { modules, definer: new Definer(first, parse), parse, unread }
}

function emptyModule(parse: Parse): SourceModule {
  return { filename: '', text: '', program: parse('', 'empty.ts').ast, bindingOf: () => null }
}

function parserFor(kind: string): Parse {
  const parse = parseOf(undefined)
  try {
    parse('', 'empty.ts')
  } catch (error) {
    throw new Problem(
      'E-PARSER-MISSING',
      `a ${kind} is a program, and there is no parser to read it`,
      'Install it: npm install --save-dev @typescript-eslint/parser typescript.',
      { cause: error },
    )
  }
  return parse
}
