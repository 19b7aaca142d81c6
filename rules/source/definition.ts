import type { TSESTree } from '@typescript-eslint/utils'

/**
 * What an expression stands for, told symbolically: enough to recognise a database client wherever it was made. Imports of
 * readable local modules are followed, so an `import` that is left names a package or a module that could not be read.
 *
 * `class Repo { constructor(private db: Kysely<DB>) {} … this.db.selectFrom('t') }`: the receiver `this.db` is
 * `{ kind: 'typed', type: import Kysely of kysely }`.
 */
export type Definition =
  /** `name` is the exported name, `default`, or `*` for the whole module (`require('pg')`, `import * as pg`). */
  | { readonly kind: 'import'; readonly module: string; readonly name: string; readonly local: boolean }
  /** `object.name`, where the object itself did not give the member away. */
  | { readonly kind: 'member'; readonly object: Definition; readonly name: string }
  /** `new callee(…)`. */
  | {
      readonly kind: 'instance'
      readonly of: Definition
      readonly node: TSESTree.NewExpression
      readonly module: string
    }
  /** The (awaited) result of `callee(…)`. */
  | {
      readonly kind: 'call'
      readonly callee: Definition
      readonly node: TSESTree.CallExpression
      readonly module: string
    }
  /** Something whose declared type is `type`: a parameter, field or variable with an annotation. */
  | {
      readonly kind: 'typed'
      readonly type: Definition
      /** The type as written, where an annotation says it, and the module it is written in: it may have type arguments. */
      readonly annotation?: TSESTree.TypeNode
      readonly module?: string
    }
  /** Parameter number `index` of a function that is passed to `callee(…)` as an argument: `tx` in `db.transaction((tx) => …)`. */
  | {
      readonly kind: 'callbackParameter'
      readonly callee: Definition
      readonly argument: number
      readonly index: number
    }
  /** A parameter of a named function, without a type that could be followed. */
  | { readonly kind: 'parameter'; readonly name: string }
  /** A function or class written in a readable module; `node` is its declaration. */
  | { readonly kind: 'function'; readonly node: TSESTree.Node; readonly module: string }
  /** A class, interface or object type written in a readable module. */
  | {
      readonly kind: 'class'
      readonly node: TSESTree.Node
      readonly module: string
      readonly extends: Definition | null
    }
  /** Any other value (literal, arithmetic …), certainly no client. */
  | { readonly kind: 'value'; readonly node: TSESTree.Node; readonly module: string }
  /** Not resolved; `text` is the source text, for conventions such as `ctx.prisma`. */
  | { readonly kind: 'unknown'; readonly text: string }
