import { Problem } from '../../rules/problem.ts'
import type { LoadedTarget } from './load.ts'
import { readOpenApi } from './openapi.ts'
import { canonicalType, typeOfCollection, typeOfPathParameter } from './resources.ts'
import type { Operation, Target } from './target.ts'

/**
 * All operations of a target: from OpenAPI, overlaid by those written by hand, classified.
 *
 * @internal
 */
export async function operationsOf(
  loaded: LoadedTarget,
  baseUrl: string,
  openapi: Target['openapi'] = loaded.target.openapi,
): Promise<Operation[]> {
  const { target } = loaded
  const described =
    openapi === undefined ? [] : await readOpenApi(openapi, { directory: placeOf(loaded), baseUrl })
  const byId = new Map(described.map((operation) => [operation.id, operation]))
  for (const written of target.operations ?? []) byId.set(written.id, complete(written, byId.get(written.id)))
  return [...byId.values()].map((operation) => classified(canonical(operation), target.classify ?? {}))
}

function placeOf(loaded: LoadedTarget): string {
  return loaded.file.replace(/[/\\][^/\\]*$/, '')
}

function complete(
  written: Partial<Operation> & { readonly id: string },
  described: Operation | undefined,
): Operation {
  const shorthand = /^(GET|HEAD|OPTIONS|POST|PUT|PATCH|DELETE) (\/\S*)$/.exec(written.id)
  const method = written.method ?? described?.method ?? (shorthand?.[1] as Operation['method'] | undefined)
  const path = written.path ?? described?.path ?? shorthand?.[2]
  if (method === undefined || path === undefined) {
    throw new Problem(
      'E-TARGET-INVALID',
      `Operation ${written.id} has no method or no path, and OpenAPI does not describe it.`,
      "Give it both, or write its id as 'METHOD /path'.",
    )
  }
  const collection = typeOfCollection(path)
  return {
    parameters: missingParameters(path),
    access: 'tenant',
    writes: !['GET', 'HEAD', 'OPTIONS'].includes(method),
    ...(collection === null || path.endsWith('}') ? {} : { produces: collection }),
    ...described,
    ...written,
    method,
    path,
  }
}

function missingParameters(path: string): Operation['parameters'] {
  return [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => {
    const resource = typeOfPathParameter(path, name!)
    return {
      name: name!,
      in: 'path' as const,
      required: true,
      schema: { type: 'string' },
      ...(resource === null ? {} : { resource }),
    }
  })
}

/** Types that a person wrote in the spelling of the service. */
function canonical(operation: Operation): Operation {
  const spell = (type: string): string => type.split('.').map(canonicalType).join('.')
  return {
    ...operation,
    parameters: operation.parameters.map((parameter) =>
      parameter.resource === undefined ? parameter : { ...parameter, resource: spell(parameter.resource) },
    ),
    ...(operation.produces === undefined ? {} : { produces: spell(operation.produces) }),
    ...(operation.bodyResources === undefined
      ? {}
      : {
          bodyResources: Object.fromEntries(
            Object.entries(operation.bodyResources).map(([place, type]) => [place, spell(type)]),
          ),
        }),
  }
}

function classified(operation: Operation, classify: NonNullable<Target['classify']>): Operation {
  const word = classify[operation.id] ?? classify[`${operation.method} ${operation.path}`]
  if (word === undefined) return operation
  if (word === 'tenant') return { ...operation, access: 'tenant' }
  const colon = word.indexOf(':')
  const access = word.slice(0, colon) as 'public' | 'operator'
  return { ...operation, access, reason: word.slice(colon + 1).trim() }
}
