import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../../../../source/binding.ts'
import { belowOf } from '../../../../source/below.ts'
import { functionAround, returnsOf, unwrap } from '../../../../source/children.ts'
import { startDraft } from '../../../draft.ts'
import type { ExtractionScope } from '../../../library.ts'
import type { Answer, QueryOrOpaque } from '../../../query.ts'
import { explore } from '../../../variants.ts'
import { builderBlock } from './block.ts'
import { chainOf, type Chain } from './chain.ts'
import { parametersOf, type Conversion } from './conversion.ts'
import { rootOf } from './root.ts'
import type { Step } from './steps.ts'

const answers: Readonly<Record<string, Answer>> = {
  getOne: { shape: 'row', throws: false },
  getOneOrFail: { shape: 'row', throws: true },
  getMany: { shape: 'rows', throws: false },
  getManyAndCount: { shape: 'pair', throws: false },
  getRawOne: { shape: 'row', throws: false },
  getRawMany: { shape: 'rows', throws: false },
  getRawAndEntities: { shape: 'none', throws: false },
  getCount: { shape: 'none', throws: false },
  getExists: { shape: 'none', throws: false },
  execute: { shape: 'rows', throws: false },
  stream: { shape: 'none', throws: false },
  loadOne: { shape: 'row', throws: false },
  loadMany: { shape: 'rows', throws: false },
}

/** What a builder gives when it is sent elsewhere. */
const sent: Answer = { shape: 'rows', throws: false }

/** The statements of a builder: where it is executed, or where it is made when nothing in the file executes it. */
export function builderQueries(
  node: TSESTree.CallExpression,
  scope: ExtractionScope,
): readonly QueryOrOpaque[] | null {
  const callee = unwrap(node.callee)
  if (callee.type !== 'MemberExpression') return null
  const method = memberName(callee) ?? ''
  if (Object.hasOwn(answers, method)) {
    const chain = chainOf(callee.object, node, scope)
    return chain?.library !== 'typeorm' ? null : queriesOf(node, chain, method, answers[method]!, scope)
  }
  if (method !== 'createQueryBuilder' || executedIn(scope).has(node)) return null
  const chain = chainOf(endOf(node), scope.sourceCode.ast, scope)
  // `repository.createQueryBuilder().subQuery()` goes on with another builder.
  return chain?.library !== 'typeorm' || chain.root !== node
    ? null
    : queriesOf(node, leftAt(chain, node, scope), goesBack(node) ? 'returned' : 'sent', sent, scope)
}

const executed = new WeakMap<object, ReadonlySet<TSESTree.Node>>()

/** The calls that make a builder which this file executes, or makes the text of. */
function executedIn(scope: ExtractionScope): ReadonlySet<TSESTree.Node> {
  const { ast } = scope.sourceCode
  const known = executed.get(ast)
  if (known !== undefined) return known
  const found = new Set<TSESTree.Node>()
  for (const node of belowOf(ast, 'CallExpression')) {
    const callee = unwrap(node.callee)
    const name = callee.type === 'MemberExpression' ? (memberName(callee) ?? '') : ''
    if (!Object.hasOwn(answers, name) && !/^get(Query|Sql|QueryAndParameters)$/.test(name)) continue
    const chain = chainOf((callee as TSESTree.MemberExpression).object, node, scope)
    if (chain !== null) found.add(chain.root)
  }
  executed.set(ast, found)
  return found
}

/** The whole of the chain of calls that begins here. */
function endOf(node: TSESTree.CallExpression): TSESTree.Node {
  let at: TSESTree.Node = node
  for (;;) {
    const member: TSESTree.Node | undefined = at.parent
    if (member?.type !== 'MemberExpression' || member.object !== at) return at
    const call: TSESTree.Node | undefined = member.parent
    if (call?.type !== 'CallExpression' || call.callee !== member) return at
    at = call
  }
}

/** Is the builder, or the variable that keeps it, what the function returns? */
function goesBack(node: TSESTree.CallExpression): boolean {
  const end = endOf(node)
  const { parent } = end
  if (parent?.type === 'ReturnStatement') return true
  if (parent?.type === 'ArrowFunctionExpression') return parent.body === end
  if (parent?.type !== 'VariableDeclarator' || parent.id.type !== 'Identifier') return false
  const { name } = parent.id
  const around = functionAround(node)
  return around !== null && returnsOf(around).some((one) => begins(one, name))
}

function begins(node: TSESTree.Node, name: string): boolean {
  let at = unwrap(node)
  for (;;) {
    if (at.type === 'CallExpression') at = unwrap(at.callee)
    else if (at.type === 'MemberExpression') at = unwrap(at.object)
    else return at.type === 'Identifier' && at.name === name
  }
}

/** A builder that is kept in a variable, with all that the function does to it. */
function leftAt(chain: Chain, node: TSESTree.CallExpression, scope: ExtractionScope): Chain {
  const { parent } = endOf(node)
  if (parent?.type !== 'VariableDeclarator' || parent.id.type !== 'Identifier') return chain
  const variable = scope.sourceCode.getDeclaredVariables?.(parent)[0]
  const last = variable?.references.at(-1)?.identifier as TSESTree.Identifier | undefined
  return last === undefined ? chain : (chainOf(last, last, scope) ?? chain)
}

function queriesOf(
  node: TSESTree.CallExpression,
  chain: Chain,
  method: string,
  answer: Answer,
  scope: ExtractionScope,
): readonly QueryOrOpaque[] {
  const opaque = (reason: string): readonly QueryOrOpaque[] => [
    { kind: 'opaque', library: 'typeorm', node, reason, interpolations: [] },
  ]
  if (chain.steps.some((step) => step.method === 'relation'))
    return opaque('rows of a relation, by an entity')
  const root = rootOf(chain, scope)
  if (root !== null && root.target === null) return opaque('the entity is chosen at run time')
  const writes = chain.steps.some((step) => /^(update|delete|softDelete|restore|insert)$/.test(step.method))
  const steps: readonly Step[] = [...chain.steps, { method, call: node, decisions: [] }]
  const given: Answer = writes ? { shape: 'none', throws: false } : answer
  const { variants } = explore((decider) => {
    const draft = startDraft(scope)
    const conversion: Conversion = {
      draft,
      decider,
      decisive: decisiveTests(chain.steps),
      parameters: parametersOf(chain.steps, draft),
      blockOf: (inner, outer) => builderBlock(inner, outer, conversion),
    }
    const counted = /^get(Count|Exists)$/.test(method)
    const block = builderBlock({ ...chain, steps }, null, conversion, counted)
    return draft.finish('typeorm', node, scope.pathOf(chain.root.callee), block, given)
  })
  return variants.map(({ value }) => value)
}

/** Tests on which `where` depends, which throws away the filter that was there before. */
function decisiveTests(steps: readonly Step[]): ReadonlySet<string> {
  const resets = steps.filter(({ method }) => /^where/.test(method))
  return new Set(resets.flatMap(({ decisions }) => decisions.map(({ key }) => key)))
}
