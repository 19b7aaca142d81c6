import type { TSESTree } from '@typescript-eslint/utils'
import { functionAround } from '../source/children.ts'
import type { CallSite } from './context.ts'

/** Finds the queries of a file by their places, for a file can have thousands that each ask about the others. */
export class SiteIndex {
  readonly #byNode = new Map<TSESTree.Node, CallSite>()
  readonly #byCall = new Map<TSESTree.Node, CallSite>()
  readonly #byFunction = new Map<TSESTree.Node, number[]>()
  readonly #sites: readonly CallSite[]

  constructor(sites: readonly CallSite[]) {
    this.#sites = sites
    sites.forEach((site, index) => {
      for (const call of [site.node, ...site.queries.map(({ query }) => query.node)]) {
        if (!this.#byCall.has(call)) this.#byCall.set(call, site)
      }
      if (!this.#byNode.has(site.node)) this.#byNode.set(site.node, site)
      const around = functionAround(site.node)
      const together = around === null ? undefined : this.#byFunction.get(around)
      if (around !== null && together === undefined) this.#byFunction.set(around, [index])
      else together?.push(index)
    })
  }

  /** The queries that are reported at a node. */
  at(node: TSESTree.Node): CallSite | undefined {
    return this.#byNode.get(node)
  }

  /** The queries that a call is part of. */
  ofCall(call: TSESTree.Node): CallSite | undefined {
    return this.#byCall.get(call)
  }

  /** Is the node a query, or inside one? */
  isInQuery(node: TSESTree.Node): boolean {
    for (let at: TSESTree.Node | undefined = node; at != null; at = at.parent) {
      if (this.#byNode.has(at)) return true
    }
    return false
  }

  /** The queries of the functions around a node, themselves and not those inside them, in the order of the file. */
  around(node: TSESTree.Node): readonly CallSite[] {
    const found: number[] = []
    for (let at: TSESTree.Node | undefined = node; at != null; at = at.parent) {
      for (const index of this.#byFunction.get(at) ?? []) found.push(index)
    }
    return found.toSorted((one, other) => one - other).map((index) => this.#sites[index]!)
  }
}
