import type { TSESTree } from '@typescript-eslint/utils'
import { annotationOf, memberName } from '../source/binding.ts'
import { unwrap } from '../source/children.ts'
import { variableOf } from '../source/module.ts'
import type { ExtractionScope } from './library.ts'

const numeric = /^(Number|parseInt|parseFloat|BigInt|toFixed|floor|ceil|round|trunc|min|max|abs|now|getTime)$/

/** Functions that quote what they are given for its place in the text. */
const quoting =
  /^(escapeIdentifier|escapeLiteral|quoteIdent(ifier)?|quoteLiteral|quote_ident|quote_literal|ident|literal|format|escape)$/

/** A value that cannot carry SQL: a number, one of a few constants, or quoted for its place. */
export function isHarmless(node: TSESTree.Node, scope: ExtractionScope): boolean {
  if (node.type === 'Identifier' && isChecked(node, scope)) return true
  const value = scope.resolve(node)
  switch (value.type) {
    case 'UnaryExpression':
      return value.operator !== 'void' && value.operator !== 'typeof'
    case 'BinaryExpression':
      return /^(-|\*|\/|%|\*\*|\||&)$/.test(value.operator) || (value.operator === '+' && isSum(value, scope))
    case 'CallExpression': {
      const name = calledName(value)
      return numeric.test(name) || quoting.test(name)
    }
    case 'ConditionalExpression':
      return isHarmless(value.consequent, scope) && isHarmless(value.alternate, scope)
    case 'LogicalExpression':
      return isHarmless(value.left, scope) && isHarmless(value.right, scope)
    case 'MemberExpression':
      return memberName(value) === 'length' || isLookup(value, scope)
    case 'Literal':
      return true
    case 'Identifier':
      return hasHarmlessType(value, scope)
    default:
      return false
  }
}

function isSum(node: TSESTree.BinaryExpression, scope: ExtractionScope): boolean {
  return isHarmless(node.left, scope) && isHarmless(node.right, scope)
}

function calledName(node: TSESTree.CallExpression): string {
  const callee = unwrap(node.callee)
  if (callee.type === 'Identifier') return callee.name
  return callee.type === 'MemberExpression' ? (memberName(callee) ?? '') : ''
}

/** `columns[key]` in an object of constants: only the constants can come out. */
function isLookup(node: TSESTree.MemberExpression, scope: ExtractionScope): boolean {
  const view = node.computed ? scope.objectOf(node.object) : null
  if (view === null || view.open.length > 0 || view.properties.length === 0) return false
  return view.properties.every((property) => scope.constantOf(property.value) !== null)
}

/** `number`, or a union of literals. */
function hasHarmlessType(node: TSESTree.Identifier, scope: ExtractionScope): boolean {
  const annotation = annotationOfUse(node, scope)
  const types =
    annotation?.type === 'TSUnionType' ? annotation.types : annotation === null ? [] : [annotation]
  const harmless = types.every(
    (type) =>
      type.type === 'TSNumberKeyword' || type.type === 'TSBooleanKeyword' || type.type === 'TSLiteralType',
  )
  return types.length > 0 && harmless
}

function annotationOfUse(node: TSESTree.Identifier, scope: ExtractionScope): TSESTree.TypeNode | null {
  const name = variableOf(scope.sourceCode, node)?.defs[0]?.name
  return name === undefined ? null : annotationOf(name as TSESTree.Node)
}

/** `if (!allowed.includes(x)) throw …` before the use, or the use inside `if (allowed.includes(x))`. */
function isChecked(node: TSESTree.Identifier, scope: ExtractionScope): boolean {
  const { text } = scope.sourceCode
  const name = node.name.replaceAll('$', '\\$')
  const check = new RegExp(`\\b\\w+(\\.\\w+)*\\.(includes|has)\\(\\s*${name}\\s*\\)|\\b${name}\\s+in\\s+\\w+`)
  let child: TSESTree.Node = node
  for (let parent: TSESTree.Node | undefined = node.parent; parent != null; parent = parent.parent) {
    const tests =
      (parent.type === 'IfStatement' || parent.type === 'ConditionalExpression') && child !== parent.test
        ? [parent.test]
        : parent.type === 'BlockStatement'
          ? parent.body
              .slice(0, parent.body.indexOf(child as TSESTree.Statement))
              .flatMap((one) => (one.type === 'IfStatement' ? [one.test] : []))
          : []
    if (tests.some((test) => check.test(text.slice(test.range[0], test.range[1])))) return true
    child = parent
  }
  return false
}
