import type { TSESTree } from '@typescript-eslint/utils'
import { leaves } from '../provenance/guard.ts'
import { memberName } from '../source/binding.ts'
import { unwrap } from '../source/children.ts'
import type { ExtractionScope } from './library.ts'

/** Whether a value can only be one of those that the program has written down. `unseen`: it is one of a list that is not in sight. */
export type Allowed = 'constant' | 'unseen' | 'none'

type Is = (node: TSESTree.Node) => boolean

/** Looks for `if (!allowed.includes(x)) throw …` before the use, and for a use that is only reached inside `allowed.includes(x)`. */
export function allowedAt(use: TSESTree.Node, scope: ExtractionScope): Allowed {
  const textOf = (node: TSESTree.Node): string => scope.sourceCode.getText(unwrap(node)).replaceAll('?.', '.')
  const wanted = textOf(use)
  const is: Is = (node) => textOf(node) === wanted
  let found: Allowed = 'none'
  let child: TSESTree.Node = use
  for (let parent: TSESTree.Node | undefined = use.parent; parent != null; parent = parent.parent) {
    for (const list of listsOver(parent, child, is)) {
      const kind = kindOf(list, scope)
      if (kind === 'constant') return 'constant'
      if (kind === 'unseen') found = 'unseen'
    }
    child = parent
  }
  return found
}

/** The lists of which the value is an element wherever control gets from `parent` to `child`. */
function listsOver(parent: TSESTree.Node, child: TSESTree.Node, is: Is): readonly TSESTree.Node[] {
  switch (parent.type) {
    case 'IfStatement':
    case 'ConditionalExpression':
      if (child === parent.test) return []
      return listsIn(parent.test, child === parent.consequent, is)
    case 'LogicalExpression':
      if (child !== parent.right || parent.operator === '??') return []
      return listsIn(parent.left, parent.operator === '&&', is)
    case 'BlockStatement':
    case 'Program': {
      const before = parent.body.slice(0, parent.body.indexOf(child as TSESTree.Statement))
      return before.flatMap((one) =>
        one.type === 'IfStatement' && (leaves(one.consequent) || isSetIn(one.consequent, is))
          ? listsIn(one.test, false, is)
          : [],
      )
    }
    default:
      return []
  }
}

/** `if (!allowed.includes(sort)) sort = 'name'` */
function isSetIn(consequent: TSESTree.Node, is: Is): boolean {
  const [only, ...others] = consequent.type === 'BlockStatement' ? consequent.body : [consequent]
  if (only?.type !== 'ExpressionStatement' || others.length > 0) return false
  const { expression } = only
  return (
    expression.type === 'AssignmentExpression' && is(expression.left) && expression.right.type === 'Literal'
  )
}

/** The lists that a test has looked the value up in with success, when the test came out as `holds`. */
function listsIn(test: TSESTree.Node, holds: boolean, is: Is): readonly TSESTree.Node[] {
  const bare = unwrap(test)
  if (bare.type === 'UnaryExpression' && bare.operator === '!') return listsIn(bare.argument, !holds, is)
  if (bare.type === 'LogicalExpression') {
    const both = bare.operator === (holds ? '&&' : '||')
    return both ? [...listsIn(bare.left, holds, is), ...listsIn(bare.right, holds, is)] : []
  }
  if (!holds) return []
  if (bare.type === 'BinaryExpression') return bare.operator === 'in' && is(bare.left) ? [bare.right] : []
  if (bare.type !== 'CallExpression' || bare.callee.type !== 'MemberExpression') return []
  const method = memberName(bare.callee) ?? ''
  const isArgument = (index: number): boolean => {
    const argument = bare.arguments[index]
    return argument !== undefined && (is(argument) || is(beforeFolding(argument)))
  }
  if (/^(includes|has|hasOwnProperty)$/.test(method) && isArgument(0)) return [bare.callee.object]
  return method === 'hasOwn' && isArgument(1) ? [bare.arguments[0]!] : []
}

/** `direction` of `direction.toLowerCase()`: what a list has in one case carries no more in another. */
function beforeFolding(node: TSESTree.Node): TSESTree.Node {
  const bare = unwrap(node)
  if (bare.type !== 'CallExpression' || bare.arguments.length > 0) return bare
  const callee = unwrap(bare.callee)
  const folds =
    callee.type === 'MemberExpression' && /^to(?:Locale)?(?:Lower|Upper)Case$/.test(memberName(callee) ?? '')
  return folds ? callee.object : bare
}

/** Reads the list: an array, set or object that the program has written out, here or in another file. */
function kindOf(list: TSESTree.Node, scope: ExtractionScope): Allowed {
  const bare = unwrap(scope.resolve(list))
  // What the request brings allows whatever the request likes.
  if (scope.provenanceOf(bare).kind === 'request') return 'none'
  if (isWrittenOut(bare, scope)) return 'constant'
  // A text contains parts of itself, and `includes` of one is no list.
  if (scope.constantOf(bare) !== null || bare.type === 'TemplateLiteral') return 'none'
  const definition = scope.definitionOf(bare)
  if (definition.kind === 'value' && definition.module !== scope.filename) {
    return isLiteralList(definition.node) ? 'constant' : 'unseen'
  }
  return 'unseen'
}

/** An array, set or object whose elements or keys all stand in the source. */
export function isWrittenOut(node: TSESTree.Node, scope: ExtractionScope): boolean {
  switch (node.type) {
    case 'ArrayExpression': {
      const view = scope.arrayOf(node)
      return view?.open.length === 0 && view.elements.every(({ value }) => scope.constantOf(value) !== null)
    }
    case 'ObjectExpression':
      return scope.objectOf(node)?.open.length === 0
    case 'NewExpression': {
      const [values] = node.arguments
      const named = node.callee.type === 'Identifier' && /^(Set|Map)$/.test(node.callee.name)
      return named && values !== undefined && isWrittenOut(unwrap(scope.resolve(values)), scope)
    }
    case 'CallExpression': {
      const [of] = node.arguments
      const callee = unwrap(node.callee)
      const listed =
        callee.type === 'MemberExpression' &&
        callee.object.type === 'Identifier' &&
        callee.object.name === 'Object' &&
        /^(keys|values|freeze)$/.test(memberName(callee) ?? '')
      if (!listed || of === undefined) return false
      const made = unwrap(scope.resolve(of))
      if (made.type === 'Identifier' && isEnum(made, scope)) return true
      const view = scope.objectOf(made)
      if (memberName(callee as TSESTree.MemberExpression) !== 'values') return isWrittenOut(made, scope)
      return view?.open.length === 0 && view.properties.every(({ value }) => scope.constantOf(value) !== null)
    }
    default:
      return false
  }
}

function isEnum(node: TSESTree.Identifier, scope: ExtractionScope): boolean {
  const definition = scope.definitionOf(node)
  return 'node' in definition && definition.node.type === 'TSEnumDeclaration'
}

/** The same for another file, where no names can be looked up. */
function isLiteralList(given: TSESTree.Node): boolean {
  const node = unwrap(given)
  if (node.type === 'ArrayExpression') return node.elements.every((one) => one?.type === 'Literal')
  if (node.type === 'ObjectExpression') {
    return node.properties.every((one) => one.type === 'Property' && !one.computed)
  }
  if (node.type !== 'NewExpression' || node.callee.type !== 'Identifier') return false
  const [values] = node.arguments
  return node.callee.name === 'Set' && values !== undefined && isLiteralList(values)
}
