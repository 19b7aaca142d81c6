import type { TSESTree } from '@typescript-eslint/utils'
import { isRouteHandler } from '../../provenance/place.ts'
import { hasRequestDecorator } from '../../provenance/request.ts'
import { type FunctionNode, isFunction, keyName, memberName } from '../../source/binding.ts'
import { contains, unwrap } from '../../source/children.ts'
import type { ExtractionScope } from '../library.ts'
import { calledName } from './membership.ts'

/** How a query is reached from outside. `open`: a request gets there, and nothing in this file stands before it. */
export type Entrance = 'open' | 'guarded' | 'unknown'

/** Functions around a handler that decide nothing. */
const neutral =
  /^(asyncHandler|catchAsync|catchErrors?|tryCatch|wrap(Async)?|memo|cache|then|catch|finally|map|forEach|flatMap|filter|reduce|all|allSettled|race|\$transaction|transaction|execute|\w*[lL]ogg(er|ing)|withErrorHandl\w*|measure|trace|span)$/

const guardOption =
  /^(preHandler|onRequest|preValidation|beforeHandler|middleware|middlewares|guards|auth|security|pre)$/

const guardText =
  /auth|session|member|guard|tenant|access|permission|require|protect|verify|polic|middleware/i

/** Is a request handled around the node, and does this file show something that stands before the handler? */
export function entranceOf(at: TSESTree.Node, scope: ExtractionScope): Entrance {
  if (hasFileGuard(scope)) return 'guarded'
  let entrance: Entrance = 'unknown'
  for (let node: TSESTree.Node | undefined = at; node != null; node = node.parent) {
    if (hasDecoratedGuard(node)) return 'guarded'
    if (!isFunction(node)) continue
    const wrapper: TSESTree.Node = node.parent
    if (isRouteHandler(node)) {
      if (hasMiddleware(wrapper as TSESTree.CallExpression, node)) return 'guarded'
      entrance = 'open'
    } else if (wrapper.type === 'CallExpression' && wrapper.callee !== node) {
      if (isOpenProcedure(wrapper)) entrance = 'open'
      else if (!neutral.test(calledName(wrapper))) return 'guarded'
    } else if (isFileRoute(node, scope.filename) || takesDecorated(node)) entrance = 'open'
  }
  return entrance
}

/** `publicProcedure.input(schema).query(handler)`, `t.procedure.mutation(handler)`, with no middleware among the calls. */
function isOpenProcedure({ callee }: TSESTree.CallExpression): boolean {
  const names = chainNames(callee)
  const procedure = names.findLastIndex((name) => /procedure$/i.test(name))
  if (procedure < 0 || !/^(?:query|mutation|subscription)$/.test(names.at(-1)!)) return false
  return /^(?:public|open|base)?procedure$/i.test(names[procedure]!) && !names.includes('use')
}

/** The names along a chain of members and calls. */
function chainNames(given: TSESTree.Node): readonly string[] {
  const node = unwrap(given)
  if (node.type === 'Identifier') return [node.name]
  if (node.type === 'MemberExpression') return [...chainNames(node.object), memberName(node) ?? '']
  return node.type === 'CallExpression' ? chainNames(node.callee) : []
}

/** `pages/api/x.ts` exports its handler, `app/x/route.ts` one for each method. */
function isFileRoute(node: FunctionNode, filename: string): boolean {
  const path = filename.replaceAll('\\', '/')
  const page = /(^|\/)pages\/api\/.*\.[cm]?[jt]sx?$/.test(path)
  const route = /(^|\/)app\/.*\/?route\.[cm]?[jt]sx?$/.test(path)
  if (!page && !route) return false
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
function hasMiddleware(call: TSESTree.CallExpression, handler: FunctionNode): boolean {
  return call.arguments.slice(1).some((argument) => {
    if (argument === handler || contains(argument, handler)) return false
    if (argument.type !== 'ObjectExpression') return true
    return argument.properties.some(
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
