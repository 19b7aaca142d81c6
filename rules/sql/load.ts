import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

/** The part of the emscripten module that the parser needs. Pointers are byte offsets into `HEAPU8`. */
export interface ParserModule {
  readonly HEAPU8: Uint8Array
  readonly _malloc: (size: number) => number
  readonly _free: (pointer: number) => void
  readonly _wasm_parse_query_raw: (text: number) => number
  readonly _wasm_free_parse_result: (result: number) => void
  readonly _wasm_parse_plpgsql: (text: number) => number
  readonly _wasm_free_string: (text: number) => void
  readonly getValue: (pointer: number, type: 'i32') => number
  readonly UTF8ToString: (pointer: number) => string
}

interface Instance {
  readonly exports: Readonly<Record<string, unknown>>
}

/** The part of the global that is used; TypeScript knows it only together with the whole DOM. */
interface WebAssemblyGlobal {
  readonly Module: new (code: Uint8Array) => object
  readonly Instance: new (code: object, imports: object) => Instance
}

const { WebAssembly: webAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyGlobal }

type Instantiate = (imports: object, receive: (instance: Instance) => void) => object

type ModuleFactory = (module: {
  instantiateWasm: Instantiate
  print: (line: string) => void
  printErr: (line: string) => void
}) => Promise<unknown>

/** The glue's name for the static constructors, see `initRuntime` in the package's `libpg-query.js`. */
const constructors = 'A'

let compiled: { readonly factory: ModuleFactory; readonly code: object } | null = null

function compile(): { readonly factory: ModuleFactory; readonly code: object } {
  const require = createRequire(import.meta.url)
  return {
    factory: require('libpg-query/wasm/libpg-query.js') as ModuleFactory,
    code: new webAssembly.Module(readFileSync(require.resolve('libpg-query/wasm/libpg-query.wasm'))),
  }
}

/**
 * A fresh instance of PostgreSQL's parser, without waiting for anything.
 *
 * The package's own entry point initialises itself in a promise, which an ESLint rule cannot await and which a plugin
 * loaded through `require()` must not await at the top level. The glue calls `instantiateWasm` before its first `await`,
 * so the module is complete when the factory returns, but for the static constructors: they run here, and the glue,
 * when its promise comes to them, finds them done.
 */
export function loadParser(): ParserModule {
  compiled ??= compile()
  const { factory, code } = compiled
  const silent = (): void => undefined
  let failure: unknown = null
  const module: Record<string, unknown> & { instantiateWasm: Instantiate } = {
    instantiateWasm: (imports, receive) => {
      const instance = new webAssembly.Instance(code, imports)
      const run = instance.exports[constructors] as () => void
      receive({ exports: { ...instance.exports, [constructors]: silent } })
      run()
      return {}
    },
  }
  factory(Object.assign(module, { print: silent, printErr: silent })).catch((error: unknown) => {
    failure = error
  })
  if (failure !== null || typeof module['_wasm_parse_query_raw'] !== 'function') {
    throw new Error('The PostgreSQL parser could not be instantiated', { cause: failure })
  }
  return module as unknown as ParserModule
}
