import { parseArgs } from 'node:util'
import { Problem } from '../../rules/problem.ts'
import { nearest } from '../../rules/tenancy/nearest.ts'

/** How an option is read. `flag` takes no value, `one` the last value, `many` every value. */
export type OptionKind = 'flag' | 'one' | 'many'

export type OptionSpec = Readonly<Record<string, OptionKind>>

export type Options<Spec extends OptionSpec> = {
  readonly [Name in keyof Spec]: Spec[Name] extends 'flag'
    ? boolean
    : Spec[Name] extends 'one'
      ? string | null
      : readonly string[]
}

export interface Arguments<Spec extends OptionSpec> {
  readonly options: Options<Spec>
  readonly positionals: readonly string[]
}

/**
 * Reads the arguments of one command. Nothing is guessed: an option that the command does not have is a problem.
 *
 * @throws {@link Problem} `E-USAGE`
 */
export function readArguments<const Spec extends OptionSpec>(
  command: string,
  argv: readonly string[],
  spec: Spec,
  positionals: { readonly least?: number; readonly most: number; readonly what: string },
): Arguments<Spec> {
  const { tokens } = parseArgs({ args: [...argv], options: parseSpec(spec), strict: false, tokens: true })
  const values = new Map<string, (string | true)[]>()
  const found: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') found.push(token.value)
    if (token.kind !== 'option') continue
    const value = valueOf(command, token.name, token.rawName, token.value, spec)
    values.set(token.name, [...(values.get(token.name) ?? []), value])
  }
  const { least = 0, most, what } = positionals
  if (found.length < least) throw usage(command, `${what} is missing`)
  if (found.length > most) throw usage(command, `unexpected argument ${JSON.stringify(found[most])}`)
  const options = Object.fromEntries(
    Object.entries(spec).map(([name, kind]) => {
      const given = values.get(name) ?? []
      return [name, kind === 'flag' ? given.length > 0 : kind === 'one' ? (given.at(-1) ?? null) : given]
    }),
  )
  return { options: options as Options<Spec>, positionals: found }
}

function parseSpec(spec: OptionSpec) {
  return Object.fromEntries(
    Object.entries(spec).map(([name, kind]) => [
      name,
      { type: kind === 'flag' ? ('boolean' as const) : ('string' as const), multiple: true },
    ]),
  )
}

function valueOf(
  command: string,
  name: string,
  rawName: string,
  value: string | undefined,
  spec: OptionSpec,
): string | true {
  if (!Object.hasOwn(spec, name)) {
    const meant = nearest(name, Object.keys(spec))
    throw usage(command, `unknown option ${rawName}${meant === null ? '' : `, did you mean --${meant}?`}`)
  }
  if (spec[name] === 'flag') {
    if (value !== undefined) throw usage(command, `${rawName} takes no value`)
    return true
  }
  // `--out --json` is a forgotten value far more often than a file called --json.
  if (value === undefined || value === '' || (value.startsWith('-') && value.length > 1)) {
    throw usage(command, `${rawName} needs a value`)
  }
  return value
}

/** A whole number of at least `least`. @throws {@link Problem} `E-USAGE` */
export function wholeNumber(command: string, option: string, text: string, least: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value
  throw usage(command, `--${option} must be a whole number of at least ${least}, not ${JSON.stringify(text)}`)
}

export function usage(command: string, message: string): Problem {
  const name = command === '' ? 'watertight' : `watertight ${command}`
  return new Problem('E-USAGE', `${name}: ${message}`, `Run \`${name} --help\`.`)
}
