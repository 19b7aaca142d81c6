import type { TSESTree } from '@typescript-eslint/utils'
import { isConstant, linted, type SourceModule, variableOf } from '../../source/module.ts'
import { annotationOf } from '../../source/binding.ts'
import { placeOf } from '../../provenance/place.ts'
import { hasRequestDecorator } from '../../provenance/request.ts'
import type { Provenance } from '../../provenance/provenance.ts'
import type { QueryContext } from '../context.ts'

/** From which name, parameter or call an expression of a file leads on, and by which members. */
export function placeIn(node: TSESTree.Node, file: QueryContext): ReturnType<typeof placeOf> {
  const { sourceCode } = file.scope
  return placeOf(node, moduleOf(file), (identifier) => isConstant(sourceCode, identifier))
}

/** The request as a whole, handed to what reads it. What is called so and is of another type (`request: RenameRequest`) is made by callers. */
export function isRequest(node: TSESTree.Node, file: QueryContext): boolean {
  if (node.type !== 'Identifier') return false
  const { path, base } = placeIn(node, file)
  if (path.length !== 1 || path[0] !== 'request' || base.kind !== 'parameter') return false
  const type = annotationOf(base.binding.pattern)
  const name =
    type?.type === 'TSTypeReference' && type.typeName.type === 'Identifier' ? type.typeName.name : null
  return name === null || requestType.test(name) || hasRequestDecorator(base.binding.pattern)
}

/** `Request`, `NextRequest`, `NextApiRequest`, `FastifyRequest<{ … }>`, `RequestWithUser` */
const requestType =
  /^(?:\w*(?:Http|Api|Next|Fastify|Express|Authenticated?|Authed))?Request(?:$|With[A-Z]\w*)|^I(?:ncoming|Http)\w*|Context$|^any$/

/** `cursor` in `id > cursor`, which a loop moves on over the rows of its own query: it says where to go on, and picks none. */
export function isMovedOn(node: TSESTree.Node, { kind }: Provenance, { scope }: QueryContext): boolean {
  if (node.type !== 'Identifier' || (kind !== 'row' && kind !== 'unknown')) return false
  if (isConstant(scope.sourceCode, node)) return false
  const declarator = variableOf(scope.sourceCode, node)?.defs[0]?.node
  if (declarator?.type !== 'VariableDeclarator') return false
  return declarator.init === null || scope.provenanceOf(declarator.init).kind === 'literal'
}

const modules = new WeakMap<QueryContext, SourceModule>()

function moduleOf(file: QueryContext): SourceModule {
  const known = modules.get(file)
  if (known !== undefined) return known
  const made = linted(file.scope.sourceCode, file.scope.filename)
  modules.set(file, made)
  return made
}
