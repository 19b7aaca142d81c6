import type { TSESTree } from '@typescript-eslint/utils'
import { isRouteHandler } from '../../provenance/place.ts'
import { hasRequestDecorator } from '../../provenance/request.ts'
import { type FunctionNode, isFunction, keyName, memberName } from '../../source/binding.ts'
import { contains, unwrap } from '../../source/children.ts'
import type { QueryContext } from '../context.ts'
import type { ExtractionScope } from '../library.ts'
import { textsOf } from '../reach/guard-text.ts'
import { wordsFor } from '../reach/key-words.ts'
import { calledName } from './membership.ts'
import { isApiPage, isRouteModule } from '../../provenance/route-file.ts'

/** How a query is reached from outside. `open`: a request gets there, and nothing that stands before it can have looked at what it names. */
export type Entrance = 'open' | 'guarded' | 'unknown'

/** Functions around a handler that decide nothing. */
const neutral =
  /^(asyncHandler|catchAsync|catchErrors?|tryCatch|wrap(Async)?|memo|cache|then|catch|finally|map|forEach|flatMap|filter|reduce|all|allSettled|race|\$transaction|transaction|execute|\w*[lL]ogg(er|ing)|withErrorHandl\w*|measure|trace|span)$/

const guardOption =
  /^(preHandler|onRequest|preValidation|beforeHandler|middleware|middlewares|guards|auth|security|pre)$/

const guardText =
  /auth|session|member|guard|tenant|access|permission|require|protect|verify|polic|middleware/i

/** Is a request handled around the node, and does this file show something that stands before the handler? */
export function entranceOf(at: TSESTree.Node, tenant: string, file: QueryContext): Entrance {
  const { scope } = file
  if (hasFileGuard(scope)) return 'guarded'
  const isBlind = (guard: TSESTree.Node): boolean => seesNothingSent(guard, tenant, file)
  let entrance: Entrance = 'unknown'
  for (let node: TSESTree.Node | undefined = at; node != null; node = node.parent) {
    if (hasDecoratedGuard(node)) return 'guarded'
    if (!isFunction(node)) continue
    const wrapper: TSESTree.Node = node.parent
    if (isRouteHandler(node)) {
      const before = middlewaresOf(wrapper as TSESTree.CallExpression, node)
      if (!before.every(isBlind)) return 'guarded'
      entrance = 'open'
    } else if (wrapper.type === 'CallExpression' && wrapper.callee !== node) {
      const before = procedureOf(wrapper)
      if (before?.every(isBlind)) entrance = 'open'
      else if (!neutral.test(calledName(wrapper))) return 'guarded'
    } else if (isFileRoute(node, scope.filename) || takesDecorated(node)) entrance = 'open'
  }
  return entrance
}

/** Does nothing stand between a request that names a tenant and this place that may have asked whether the actor belongs to it? */
export const isOpenTo = (
  tenant: TSESTree.Node,
  name: string,
  at: TSESTree.Node,
  file: QueryContext,
): boolean => file.proofs.membership.before(tenant, at) === 'none' && entranceOf(at, name, file) === 'open'

/**
 * What stands before the handler of `publicProcedure.input(schema).query(handler)` or `t.procedure.use(check).mutation(handler)`: the
 * procedure, unless its name says that it is everybody's, and the middlewares among the calls. Null for another call.
 */
function procedureOf({ callee }: TSESTree.CallExpression): readonly TSESTree.Node[] | null {
  if (!/^(?:query|mutation|subscription)$/.test(chainNames(callee).at(-1) ?? '')) return null
  const before: TSESTree.Node[] = []
  let node = unwrap(callee)
  for (;;) {
    const name =
      node.type === 'Identifier' ? node.name : node.type === 'MemberExpression' ? memberName(node) : null
    if (/procedure$/i.test(name ?? '')) {
      return /^(?:public|open|base)?procedure$/i.test(name!) ? before : [...before, node]
    }
    if (node.type === 'MemberExpression') node = unwrap(node.object)
    else if (node.type === 'CallExpression') {
      if (calledName(node) === 'use') before.push(...node.arguments)
      node = unwrap(node.callee)
    } else return null
  }
}

/** What stands before a handler, and can be read, has not looked at the tenant when it looks at nothing that was sent. */
function seesNothingSent(guard: TSESTree.Node, tenant: string, file: QueryContext): boolean {
  const texts = isFunction(guard) ? [file.scope.sourceCode.getText(guard)] : textsOf(guard, file)
  const { named } = wordsFor(tenant)
  return texts.length > 0 && texts.every((text) => !sent.test(text) && !named.test(text))
}

/** What was sent, as those who read it call it. */
const sent =
  /\b(?:(?:getR|r)awInput|input|params?|body|query|searchParams|headers?|url|path|originalUrl|permissions?|hasPermission|roles?)\b/

/** The names along a chain of members and calls. */
function chainNames(given: TSESTree.Node): readonly string[] {
  const node = unwrap(given)
  if (node.type === 'Identifier') return [node.name]
  if (node.type === 'MemberExpression') return [...chainNames(node.object), memberName(node) ?? '']
  return node.type === 'CallExpression' ? chainNames(node.callee) : []
}

/** `pages/api/x.ts` exports its handler, `app/x/route.ts` one for each method. */
function isFileRoute(node: FunctionNode, filename: string): boolean {
  const page = isApiPage(filename)
  if (!page && !isRouteModule(filename)) return false
  const declarator = node.parent.type === 'VariableDeclarator' ? node.parent : null
  const exported = declarator === null ? node.parent : declarator.parent.parent
  return /^Export(Default|Named)Declaration$/.test(exported?.type ?? '') || page
}

const takesDecorated = (node: FunctionNode): boolean => node.params.some(hasRequestDecorator)

/** `@UseGuards(…)` on the method or its class. */
function hasDecoratedGuard(node: TSESTree.Node): boolean {
  const decorators = 'decorators' in node ? (node.decorators ?? []) : []
  return decorators.some(({ expression }) => {
    const called = expression.type === 'CallExpression' ? expression.callee : expression
    return called.type === 'Identifier' && guardText.test(called.name)
  })
}

/** `router.get('/x', authorize, handler)`, `app.get('/x', { preHandler: authorize }, handler)`. */
function middlewaresOf(call: TSESTree.CallExpression, handler: FunctionNode): readonly TSESTree.Node[] {
  return call.arguments.slice(1).flatMap((argument): readonly TSESTree.Node[] => {
    if (argument === handler || contains(argument, handler)) return []
    if (argument.type !== 'ObjectExpression') return [argument]
    return argument.properties.filter(
      (property) =>
        property.type === 'SpreadElement' || guardOption.test(keyName(property.key, property.computed) ?? ''),
    )
  })
}

/** `router.use(authorize)`, `app.addHook('preHandler', authorize)` somewhere in the file. */
function hasFileGuard({ sourceCode }: ExtractionScope): boolean {
  const uses = sourceCode.text.match(/\.(?:use|addHook)\([^\n]*/g) ?? []
  return uses.some((use) => guardText.test(use))
}
