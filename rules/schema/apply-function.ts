import type { AlterFunctionStmt, CreateFunctionStmt, DefElem, FunctionParameter, TypeName } from 'libpg-query'
import { flagOf, itemsOf, namesOf, optionsOf, relationOfNames, roleOf, wordOf } from './ast.ts'
import { creationSchema, type DraftFunction } from './draft.ts'
import type { Reading } from './reading.ts'
import { isWord } from './tokens.ts'
import { typeOf } from './type-name.ts'

const inputs = ['FUNC_PARAM_IN', 'FUNC_PARAM_INOUT', 'FUNC_PARAM_VARIADIC', 'FUNC_PARAM_DEFAULT']

function spell(reading: Reading, type: TypeName | undefined): string {
  const { draft } = reading
  return typeOf(
    type ?? {},
    (name) => draft.types.find((known) => known.name === name)?.schema ?? creationSchema(draft),
  ).text
}

/** Types of the input parameters, which together with the name identify a function. */
function argumentsOf(reading: Reading, parameters: readonly FunctionParameter[]): string {
  return parameters
    .filter(({ mode }) => inputs.includes(mode ?? 'FUNC_PARAM_DEFAULT'))
    .map(({ argType }) => spell(reading, argType))
    .join(', ')
}

function bodyOf(reading: Reading, options: readonly DefElem[]): string {
  const as = options.find(({ defname }) => defname === 'as')?.arg
  const parts = as === undefined ? [] : namesOf(itemsOf(as))
  if (parts.length > 0) return parts[0]!
  const begin = reading.tokens.findIndex(
    (token, index) => isWord(token, 'begin', 'return') && index > 0 && !isWord(token, 'returns'),
  )
  return begin < 0 ? '' : reading.text.slice(reading.tokens[begin]!.start)
}

function applyOptions(target: DraftFunction, options: readonly DefElem[]): void {
  for (const option of options) {
    if (option.defname === 'security') target.securityDefiner = flagOf(option)
    if (option.defname === 'leakproof') target.leakproof = flagOf(option)
    if (option.defname === 'language') target.language = wordOf(option.arg) ?? target.language
    if (option.defname === 'volatility') {
      target.volatility = (wordOf(option.arg) ?? 'volatile') as DraftFunction['volatility']
    }
    if (option.defname === 'set' && option.arg !== undefined && 'VariableSetStmt' in option.arg) {
      const setting = option.arg.VariableSetStmt
      if (setting.name !== 'search_path' && setting.kind !== 'VAR_RESET_ALL') continue
      target.searchPath =
        setting.kind === 'VAR_SET_VALUE' ? (setting.args ?? []).map(wordOf).join(', ') : null
    }
  }
}

/** `CREATE [OR REPLACE] FUNCTION` or `PROCEDURE`. */
export function createFunction(reading: Reading, statement: CreateFunctionStmt): void {
  const { draft } = reading
  const { schema, name } = relationOfNames(namesOf(statement.funcname))
  const options = optionsOf(statement.options)
  const parameters = (statement.parameters ?? []).flatMap((node) =>
    'FunctionParameter' in node ? [node.FunctionParameter] : [],
  )
  const created: DraftFunction = {
    schema: schema ?? creationSchema(draft),
    name,
    arguments: argumentsOf(reading, parameters),
    language: 'sql',
    securityDefiner: false,
    searchPath: null,
    volatility: 'volatile',
    leakproof: false,
    body: bodyOf(reading, options),
    parameters: parameters
      .filter(({ mode }) => inputs.includes(mode ?? 'FUNC_PARAM_DEFAULT'))
      .map(({ name: parameter }) => parameter ?? ''),
    owner: draft.role,
    origin: reading.origin,
  }
  applyOptions(created, options)
  const at = draft.functions.findIndex((known) => sameFunction(known, created))
  if (at >= 0) draft.functions[at] = { ...created, owner: draft.functions[at]!.owner }
  else draft.functions.push(created)
}

function sameFunction(
  left: Pick<DraftFunction, 'schema' | 'name' | 'arguments'>,
  right: Pick<DraftFunction, 'schema' | 'name' | 'arguments'>,
): boolean {
  return left.schema === right.schema && left.name === right.name && left.arguments === right.arguments
}

/** A function as ALTER and DROP name it; without arguments the name alone decides. */
export interface FunctionReference {
  readonly objname?: Parameters<typeof namesOf>[0]
  readonly objargs?: Parameters<typeof namesOf>[0]
  readonly args_unspecified?: boolean
}

export function functionsNamed(reading: Reading, reference: FunctionReference): DraftFunction[] {
  const { schema, name } = relationOfNames(namesOf(reference.objname))
  const list = (reference.objargs ?? [])
    .flatMap((node) => ('TypeName' in node ? [spell(reading, node.TypeName)] : []))
    .join(', ')
  return reading.draft.functions.filter(
    (known) =>
      known.name === name &&
      (schema === null || known.schema === schema) &&
      (reference.args_unspecified === true || known.arguments === list),
  )
}

export function alterFunction(reading: Reading, statement: AlterFunctionStmt): void {
  for (const target of functionsNamed(reading, statement.func ?? {})) {
    applyOptions(target, optionsOf(statement.actions))
    target.origin = reading.origin
  }
}

export function ownFunction(
  reading: Reading,
  reference: FunctionReference,
  owner: Parameters<typeof roleOf>[0],
): void {
  for (const target of functionsNamed(reading, reference)) target.owner = roleOf(owner) ?? reading.draft.role
}
