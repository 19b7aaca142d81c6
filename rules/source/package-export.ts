import type { TSESTree } from '@typescript-eslint/utils'
import { type Binding, memberName } from './binding.ts'
import { unwrap } from './children.ts'
import { exportedNode } from './exports.ts'
import { isLocal, resolveImport } from './graph.ts'
import type { SourceModule } from './module.ts'
import type { Term } from './term.ts'

/** An export of a package; `*` is the whole of it. */
export interface PackageExport {
  readonly module: string
  readonly name: string
}

/** The package export that a term means once it has been followed; `inner` answers the same of a part of it. */
export function packageExportOf(
  { node, module, given }: Term,
  inner: (term: Term) => PackageExport | null,
  load: (file: string) => SourceModule | null,
): PackageExport | null {
  if (node.type === 'MemberExpression') {
    const name = memberName(node)
    const object = name === null ? null : inner({ node: node.object, module, given })
    return object !== null && (object.name === '*' || object.name === 'default')
      ? { module: object.module, name: name! }
      : null
  }
  if (node.type !== 'Identifier') return requiredPackage(node)
  const binding = module.bindingOf(node)
  if (binding?.kind === 'variable') return fromRequire(binding)
  if (binding?.kind !== 'import') return null
  return isLocal(binding.specifier, module.filename)
    ? handedOn(binding, module, load)
    : { module: binding.specifier, name: binding.name }
}

/** `const { pgTable } = require('drizzle-orm/pg-core')`. */
function fromRequire({ declarator, path }: Extract<Binding, { kind: 'variable' }>): PackageExport | null {
  const required = declarator.init === null ? null : requiredPackage(unwrap(declarator.init))
  const [step] = path
  return required === null || step === undefined || step.name === null
    ? required
    : { ...required, name: step.name }
}

/** A local file that hands a package's export on: `export { pgTable } from 'drizzle-orm/pg-core'`. */
function handedOn(
  binding: Extract<Binding, { kind: 'import' }>,
  from: SourceModule,
  load: (file: string) => SourceModule | null,
): PackageExport | null {
  const file = resolveImport(binding.specifier, from.filename)
  const module = file === null ? null : load(file)
  const found = module === null ? null : exportedNode(module, binding.name)
  if (found?.kind === 'reexport') return { module: found.specifier, name: found.name }
  const [star] = found?.kind === 'stars' ? found.specifiers.filter((one) => !one.startsWith('.')) : []
  return star === undefined ? null : { module: star, name: binding.name }
}

/** `require('name')`. */
function requiredPackage(node: TSESTree.Node): PackageExport | null {
  if (node.type !== 'CallExpression' || node.callee.type !== 'Identifier') return null
  const [argument] = node.arguments
  if (node.callee.name !== 'require' || argument?.type !== 'Literal') return null
  const { value } = argument
  return typeof value === 'string' && !value.startsWith('.') ? { module: value, name: '*' } : null
}
