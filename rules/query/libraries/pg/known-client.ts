import type { TSESTree } from '@typescript-eslint/utils'
import { childrenOf, unwrap } from '../../../source/children.ts'
import { variableOf } from '../../../source/module.ts'
import type { ExtractionScope } from '../../library.ts'

const known = new WeakMap<object, ReadonlySet<unknown>>()

/**
 * Is this method's receiver one that runs SQL elsewhere in the file: the same variable, the same field of the class, or a parameter of the
 * same type? Where the receiver itself cannot be traced, its other calls tell what it is.
 */
export function isKnownClient(
  callee: TSESTree.Node,
  scope: ExtractionScope,
  runsSql: (call: TSESTree.CallExpression) => boolean,
): boolean {
  const identity = identityOf(callee, scope)
  return identity !== null && clientsOf(scope, runsSql).has(identity)
}

function clientsOf(
  scope: ExtractionScope,
  runsSql: (call: TSESTree.CallExpression) => boolean,
): ReadonlySet<unknown> {
  const { ast } = scope.sourceCode
  const found = known.get(ast)
  if (found !== undefined) return found
  const clients = new Set<unknown>()
  // While they are looked for, no call counts by its receiver alone.
  known.set(ast, clients)
  const all: unknown[] = []
  const visit = (node: TSESTree.Node): void => {
    if (node.type === 'CallExpression') {
      const identity = identityOf(unwrap(node.callee), scope)
      if (identity !== null && runsSql(node)) all.push(identity)
    }
    for (const child of childrenOf(node)) visit(child)
  }
  visit(ast)
  for (const identity of all) clients.add(identity)
  return clients
}

/** What makes two receivers the same; null when nothing does. */
function identityOf(callee: TSESTree.Node, scope: ExtractionScope): unknown {
  if (callee.type !== 'MemberExpression') return null
  const receiver = unwrap(callee.object)
  if (receiver.type !== 'Identifier') {
    const text = scope.sourceCode.getText(receiver)
    const around = /^this\.[\w.#]+(\(\))?$/.test(text) ? classAround(receiver) : null
    return around === null ? null : `${around.range[0]} ${text}`
  }
  const variable = variableOf(scope.sourceCode, receiver)
  const [definition] = variable?.defs ?? []
  if (definition?.type !== 'Parameter') return variable
  const type =
    definition.name.type === 'Identifier' ? definition.name.typeAnnotation?.typeAnnotation : undefined
  const name = type?.type === 'TSTypeReference' ? type.typeName : null
  return name?.type === 'Identifier' ? `type ${name.name}` : variable
}

function classAround(node: TSESTree.Node): TSESTree.Node | null {
  let at: TSESTree.Node | undefined = node
  while (at !== undefined && at.type !== 'ClassBody') at = at.parent
  return at ?? null
}
