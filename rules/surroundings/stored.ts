import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction, memberName } from '../source/binding.ts'
import { childrenOf, returnsOf, unwrap } from '../source/children.ts'
import { variableOf } from '../source/module.ts'
import type { CallSite } from '../query/context.ts'
import type { Judged, JudgedQuery } from '../query/judge.ts'
import { functionOf } from './cache.ts'
import type { FileView } from './file.ts'

/** A query whose rows depend on who the acting tenant is. */
export interface TenantQuery {
  readonly judged: JudgedQuery
  readonly occurrence: Judged
}

const depthLimit = 12

/** Queries of the file whose rows make up a value, or what a function returns. */
export function queriesBehind(value: TSESTree.Node, file: FileView): readonly CallSite[] {
  const sites = new Map((file.queries?.sites ?? []).map((site) => [site.node, site]))
  const found = new Set<CallSite>()
  const seen = new Set<TSESTree.Node>()
  const { scope } = file
  const visit = (given: TSESTree.Node, depth: number): void => {
    const node = unwrap(given, true)
    if (depth > depthLimit || seen.has(node)) return
    seen.add(node)
    const again = (next: TSESTree.Node): void => visit(next, depth + 1)
    const site = sites.get(node)
    if (site !== undefined) return void found.add(site)
    if (isFunction(node)) return returnsOf(node).forEach(again)
    switch (node.type) {
      case 'Identifier': {
        const called = functionOf(node, scope)
        if (called !== null) return again(called)
        for (const { node: declared } of variableOf(scope.sourceCode, node)?.defs ?? []) {
          if (declared.type === 'VariableDeclarator' && declared.init !== null) again(declared.init)
        }
        for (const write of scope.writesOf(node, node) ?? []) if (write.value !== null) again(write.value)
        return
      }
      case 'MemberExpression':
        return /^(length|count|size)$/.test(memberName(node) ?? '') ? undefined : again(node.object)
      case 'CallExpression': {
        const callee = unwrap(node.callee)
        const called = functionOf(callee, scope)
        if (called !== null) return again(called)
        if (callee.type !== 'MemberExpression') return
        const library =
          callee.object.type === 'Identifier' &&
          /^(JSON|Object|Promise|superjson|Array)$/.test(callee.object.name)
        return library ? node.arguments.forEach(again) : again(callee.object)
      }
      case 'ConditionalExpression':
        return [node.consequent, node.alternate].forEach(again)
      case 'BinaryExpression':
        return node.operator === '+' ? [node.left, node.right].forEach(again) : undefined
      case 'Property':
        return again(node.value)
      case 'SpreadElement':
        return again(node.argument)
      case 'ObjectExpression':
      case 'ArrayExpression':
      case 'LogicalExpression':
      case 'TemplateLiteral':
        return childrenOf(node).forEach(again)
      default:
    }
  }
  visit(value, 0)
  return [...found]
}

/**
 * The first statement of a call that answers each tenant with other rows: it is confined, by itself or by what the tenancy model
 * declares. One that is not confined answers everybody alike, and is told by another rule.
 */
export function tenantQueryOf({ queries }: CallSite, file: FileView): TenantQuery | null {
  for (const judged of queries) {
    for (const occurrence of judged.occurrences) {
      const owned = occurrence.ownership.kind === 'owned' || occurrence.ownership.kind === 'through'
      if (!owned || occurrence.joined) continue
      const confined =
        occurrence.verdict.kind === 'confined' ||
        occurrence.declared !== null ||
        file.queries?.standingOf(judged, occurrence) === 'confined'
      if (confined) return { judged, occurrence }
    }
  }
  return null
}
