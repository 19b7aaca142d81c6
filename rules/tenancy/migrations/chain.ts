import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../../source/binding.ts'
import { unwrap } from '../../source/children.ts'
import { lineOf } from '../../source/position.ts'
import type { Follower, Term } from '../../source/term.ts'

/** `object.name(…)` or `object.name`; arguments are null where nothing is called. */
export interface Link {
  readonly name: string
  readonly arguments: readonly Term[] | null
  readonly line: number
}

/** `root.a.b(…).c(…)`: what it begins with, and every step from there. */
export interface Chain {
  readonly root: Term
  readonly links: readonly Link[]
}

/** The chain that an expression is, through constants. */
export function chainOf(term: Term, follower: Follower): Chain {
  const links: Link[] = []
  for (let at = follower.follow(term); ;) {
    const { node } = at
    const call = node.type === 'CallExpression' ? node : null
    const member = unwrap(call?.callee ?? node)
    if (member.type !== 'MemberExpression') return { root: at, links: links.reverse() }
    links.push({
      name: memberName(member) ?? '',
      arguments: call?.arguments.map((one) => ({ ...at, node: one as TSESTree.Node })) ?? null,
      line: lineOf(member.property, at.module.text),
    })
    at = follower.follow({ ...at, node: member.object })
  }
}
