import type { TSESTree } from '@typescript-eslint/utils'
import { leaves } from '../../provenance/guard.ts'
import { unwrap } from '../../source/children.ts'
import type { QueryContext } from '../context.ts'
import { statementsBefore } from './statements-before.ts'

/**
 * Has whoever is not in possession of a secret of the deployment been turned away before `at`: `if (request.query.secret !==
 * process.env.CRON_SECRET) return …`? Such a caller is the deployment itself and acts for all tenants.
 */
export function knowsDeploymentSecret(at: TSESTree.Node, file: QueryContext): boolean {
  for (const statement of statementsBefore(at)) {
    if (statement.type !== 'IfStatement' || !leaves(statement.consequent)) continue
    if (turnsAway(statement.test, file)) return true
  }
  return false
}

/** A test that holds whenever the secret is not the right one. */
function turnsAway(given: TSESTree.Node, file: QueryContext): boolean {
  const test = unwrap(given)
  if (test.type === 'LogicalExpression' && test.operator === '||') {
    return turnsAway(test.left, file) || turnsAway(test.right, file)
  }
  if (test.type !== 'BinaryExpression' || !/^!==?$/.test(test.operator)) return false
  const [left, right] = [unwrap(test.left), unwrap(test.right)]
  return (isSecret(left, file) && isSent(right, file)) || (isSecret(right, file) && isSent(left, file))
}

const secret = /^(?:process\.|import\.meta\.)?env\.(?!\w*PUBLI[CS])\w*(?:SECRET|TOKEN|KEY|PASSWORD)\w*$/

/** `process.env.CRON_SECRET`, also within `Bearer ${…}`. */
function isSecret(node: TSESTree.Node, file: QueryContext): boolean {
  if (node.type === 'TemplateLiteral') {
    return node.expressions.length === 1 && isSecret(unwrap(node.expressions[0]!), file)
  }
  return secret.test(file.scope.sourceCode.getText(node))
}

/** What the request says, or is made of it; what the program itself wrote turns nobody away. */
function isSent(node: TSESTree.Node, { scope }: QueryContext): boolean {
  const { kind } = scope.provenanceOf(node)
  return kind === 'request' || (kind === 'unknown' && !secret.test(scope.sourceCode.getText(node)))
}
