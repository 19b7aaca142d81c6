import type { TSESTree } from '@typescript-eslint/utils'
import { calleeName } from '../source/callee.ts'
import { type FunctionNode, isFunction, memberName } from '../source/binding.ts'
import { contains, functionAround, unwrap } from '../source/children.ts'
import type { Definition } from '../source/definition.ts'
import type { ExtractionScope } from '../query/library.ts'
import type { FileView } from './file.ts'
import { exportOf, originOf } from '../source/origin.ts'

/** Something that is kept under a key, beyond the request that computed it. */
export interface CacheEntry {
  readonly node: TSESTree.CallExpression
  /** What makes the key: expressions, and the parameters of a cached function that are part of it. */
  readonly key: readonly TSESTree.Node[]
  readonly parameters: readonly TSESTree.Parameter[]
  /** What is kept: a value, or the results of a function. */
  readonly value: TSESTree.Node
}

const stores =
  /^(ioredis|redis|@redis\/client|@upstash\/redis|@vercel\/kv|keyv|@keyv\/.*|lru-cache|quick-lru|node-cache|cache-manager|@nestjs\/cache-manager|@isaacs\/ttlcache|flat-cache)$/

/** Position of the value among the arguments of the writing methods; the key stands first. */
const writes: Readonly<Record<string, number>> = {
  set: 1,
  put: 1,
  setnx: 1,
  setNX: 1,
  getset: 1,
  getSet: 1,
  setex: 2,
  setEx: 2,
  psetex: 2,
  pSetEx: 2,
  wrap: 1,
  memo: 1,
}

/** Methods that keep the value under a field of the key: `hset(key, field, value)`, and `hSet(key, { field: value })`. */
const fieldWrites = /^h(m?set|setnx|mSet|Set|SetNX)$/

/** Options of a store that all of its keys begin with. */
const prefixes = /^(keyPrefix|prefix|namespace)$/

/** Functions that cache another one; which of its arguments make the key. React's `cache` ends with the request. */
const wrappers: readonly {
  readonly module: RegExp
  readonly name: RegExp
  readonly keyed: 'first' | 'all'
}[] = [
  { module: /^next\/cache$/, name: /^unstable_cache$/, keyed: 'all' },
  { module: /^(lodash|lodash-es)$/, name: /^memoize$/, keyed: 'first' },
  {
    module: /^(lodash\/memoize|lodash\.memoize|lodash-es\/memoize|p-memoize|mem|memoize)$/,
    name: /^default$/,
    keyed: 'first',
  },
  {
    module: /^(memoizee|moize|fast-memoize|nano-memoize|micro-memoize)$/,
    name: /^(default|memoize)$/,
    keyed: 'all',
  },
]

/** Names of such functions, and packages whose functions the file may have under any name. */
const telling = /cache|memo|^(?:mem|moize)$/i
const packages =
  /['"](?:next\/cache|lodash(?:-es)?(?:[./]memoize)?|p-memoize|mem|memoize|memoizee|moize|(?:fast|nano|micro)-memoize)['"]/

/** Everything that the file puts into caches. */
export function cacheEntries(file: FileView): readonly CacheEntry[] {
  const isAnyName = packages.test(file.scope.sourceCode.text)
  return file.all('CallExpression').flatMap((node): CacheEntry[] => {
    const entry = (isAnyName || mayWrap(node) ? wrapped(node, file.scope) : null) ?? written(node, file.scope)
    return entry === null ? [] : [entry]
  })
}

const plain = (node: TSESTree.CallExpressionArgument | undefined): TSESTree.Node | null =>
  node === undefined || node.type === 'SpreadElement' ? null : node

/** Most calls are of something else, and a definition in another file is not free. */
function mayWrap(node: TSESTree.CallExpression): boolean {
  return telling.test(calleeName(node) ?? '')
}

function wrapped(node: TSESTree.CallExpression, scope: ExtractionScope): CacheEntry | null {
  const callee = unwrap(node.callee)
  const exported = exportOf(scope.definitionOf(callee))
  if (exported === null) return null
  const wrapper = wrappers.find(
    ({ module, name }) => module.test(exported.module) && name.test(exported.name),
  )
  const value = plain(node.arguments[0])
  const cached = value === null ? null : functionOf(value, scope)
  if (wrapper === undefined || value === null || cached === null) return null
  const second = plain(node.arguments[1])
  if (exported.module === 'next/cache') {
    return { node, key: second === null ? [] : [second], parameters: cached.params, value }
  }
  const resolver = resolverOf(second, scope)
  // A resolver that is out of sight may take the tenant from anywhere.
  if (resolver === 'unseen') return null
  const parameters = wrapper.keyed === 'all' || resolver !== null ? cached.params : cached.params.slice(0, 1)
  return { node, key: [], parameters, value }
}

/** The function that makes the key: of lodash the second argument, of others an option. */
function resolverOf(node: TSESTree.Node | null, scope: ExtractionScope): FunctionNode | 'unseen' | null {
  if (node === null) return null
  const direct = functionOf(node, scope)
  if (direct !== null) return direct
  const view = scope.objectOf(node)
  if (view === null) return 'unseen'
  const option = view.properties.find(({ name }) => /^(cacheKey|normalizer|serializer)$/.test(name))
  if (option === undefined) return view.open.length > 0 ? 'unseen' : null
  return functionOf(option.value, scope) ?? 'unseen'
}

/** A function written in the file, itself or by name. */
export function functionOf(node: TSESTree.Node, scope: ExtractionScope): FunctionNode | null {
  const value = scope.resolve(node)
  if (isFunction(value)) return value
  if (value.type !== 'Identifier') return null
  const definition = scope.definitionOf(value)
  if (definition.kind !== 'function' || definition.module !== scope.filename) return null
  return isFunction(definition.node) ? definition.node : null
}

function written(node: TSESTree.CallExpression, scope: ExtractionScope): CacheEntry | null {
  const callee = unwrap(node.callee)
  if (callee.type !== 'MemberExpression') return null
  const name = memberName(callee) ?? ''
  const hasFields = fieldWrites.test(name)
  const inField = hasFields && node.arguments.length > 2
  const direct = Object.hasOwn(writes, name) ? writes[name]! : -1
  const index = inField ? 2 : hasFields ? 1 : direct
  const keys = node.arguments.slice(0, inField ? 2 : 1).map(plain)
  const value = index < 0 ? null : plain(node.arguments[index])
  if (value === null || keys.length === 0 || keys.includes(null)) return null
  const definition = scope.definitionOf(callee.object)
  if (!isStore(definition, node)) return null
  const key = [...(keys as TSESTree.Node[]), ...prefixOf(definition, scope)]
  return { node, key, parameters: [], value }
}

/** What every key of a store begins with, when the store is made in this file: `new Redis({ keyPrefix })`. */
function prefixOf(definition: Definition, scope: ExtractionScope): readonly TSESTree.Node[] {
  switch (definition.kind) {
    case 'member':
      return prefixOf(definition.object, scope)
    case 'call':
    case 'instance': {
      const from = definition.kind === 'call' ? definition.callee : definition.of
      const options = definition.module === scope.filename ? definition.node.arguments : []
      const own = options.flatMap((one) => (one.type === 'SpreadElement' ? [] : prefixesIn(one, scope)))
      return [...own, ...prefixOf(from, scope)]
    }
    default:
      return []
  }
}

function prefixesIn(options: TSESTree.Node, scope: ExtractionScope): readonly TSESTree.Node[] {
  const properties = scope.objectOf(options)?.properties ?? []
  return properties.filter(({ name }) => prefixes.test(name)).map(({ value }) => value)
}

function isStore(definition: Definition, call: TSESTree.Node): boolean {
  if (definition.kind === 'instance' && !outlives(definition.node, call)) return false
  if (definition.kind === 'instance' && definition.of.kind === 'unknown') return definition.of.text === 'Map'
  const origin = originOf(definition)
  return origin !== null && stores.test(origin.module)
}

/** A store that is made in the function which fills it ends with it. */
function outlives(made: TSESTree.Node, call: TSESTree.Node): boolean {
  const around = functionAround(made)
  return around === null || !contains(around, call)
}
