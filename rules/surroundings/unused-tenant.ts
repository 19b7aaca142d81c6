import type { TSESTree } from '@typescript-eslint/utils'
import { canonicalRoot } from '../provenance/request.ts'
import { type FunctionNode, isFunction } from '../source/binding.ts'
import { contains } from '../source/children.ts'
import { variableOf } from '../source/module.ts'
import { findingsOf } from '../query/finding.ts'
import type { Judged } from '../query/judge.ts'
import { isServerAction } from '../query/reach/entry.ts'
import { confinementDefaults, isWanted } from '../query/rule.ts'
import type { FileView } from './file.ts'
import { identifiersIn } from './pattern.ts'
import { isTenantName } from './tenant-name.ts'

/** A tenant that a function is handed and nothing in it reads, although it queries what tenants own. */
export interface UnusedTenant {
  readonly parameter: TSESTree.Identifier
  /** The relation that is queried without it. */
  readonly mention: Judged
  /** Every query of the function is confined by something else. */
  readonly confined: boolean
}

/** The parameters of the file's functions that are a tenant, or hold it, and are bound to nothing at all. */
export function unusedTenants(file: FileView): readonly UnusedTenant[] {
  const functions = [
    ...file.all('FunctionDeclaration'),
    ...file.all('FunctionExpression'),
    ...file.all('ArrowFunctionExpression'),
  ]
  return functions.flatMap((node): readonly UnusedTenant[] => {
    if (isSignatureGiven(node, file)) return []
    const unused = node.params.flatMap((one) => tenantsIn(one, file)).filter((one) => isUnread(one, file))
    const [parameter] = unused
    const queried = parameter === undefined ? null : queriedIn(node, file)
    return queried === null ? [] : [{ parameter: parameter!, ...queried }]
  })
}

/** Whoever calls the function says what it takes: a framework, a base class, an interface. */
function isSignatureGiven(node: FunctionNode, file: FileView): boolean {
  const { parent } = node
  if (parent.type === 'CallExpression' || parent.type === 'NewExpression') return true
  if (parent.type === 'MethodDefinition' || parent.type === 'PropertyDefinition') {
    const { superClass, implements: interfaces } = parent.parent.parent
    if (parent.override || superClass !== null || (interfaces ?? []).length > 0) return true
    if (parent.decorators.length > 0) return true
  }
  return file.queries !== null && isServerAction(node, file.queries)
}

/** What is named like the tenant, and a context that a trusted place begins in. A leading underscore says that it is left alone on purpose. */
function tenantsIn(parameter: TSESTree.Parameter, { tenancy }: FileView): readonly TSESTree.Identifier[] {
  // Parameters that are fields are read elsewhere.
  if (parameter.type === 'TSParameterProperty') return []
  const roots = tenancy.trusted.flatMap((path) => {
    const [root, ...members] = path.split('.')
    return members.length > 0 && /^[\w$]+$/.test(root!) ? [canonicalRoot(root!)] : []
  })
  return identifiersIn(parameter).filter(
    ({ name }) =>
      !name.startsWith('_') && (isTenantName(name, tenancy) || roots.includes(canonicalRoot(name))),
  )
}

function isUnread(name: TSESTree.Identifier, { scope }: FileView): boolean {
  const variable = variableOf(scope.sourceCode, name)
  return variable !== null && variable.references.every((one) => !one.isRead())
}

/** What the function queries of tenants' relations. Null: nothing, or what require-tenant-filter tells of it already. */
function queriedIn(node: FunctionNode, file: FileView): Omit<UnusedTenant, 'parameter'> | null {
  const { queries } = file
  if (queries === null || !isFunction(node)) return null
  const sites = queries.sites.filter((site) => contains(node.body, site.node))
  const findings = sites.flatMap((site) => findingsOf(site, queries.standingOf))
  const told = { ...confinementDefaults, tier: 'likely' } as const
  if (findings.some((finding) => isWanted(finding, told, queries))) return null
  const mentions = sites
    .flatMap((site) => site.queries)
    .flatMap(({ occurrences }) => occurrences)
    .filter(({ ownership: { kind } }) => kind === 'owned' || kind === 'through')
  const open = mentions.find(({ verdict, declared }) => verdict.kind !== 'confined' && declared === null)
  const mention = open ?? mentions[0]
  return mention === undefined ? null : { mention, confined: open === undefined }
}
