import type { Follower, Term } from '../../source/term.ts'
import type { Link } from './chain.ts'
import { MigrationScript } from './script.ts'

/** One migration that is being read: what it does is written to its script, and what cannot be seen is noted. */
export class Migration {
  readonly script = new MigrationScript()
  readonly follower: Follower
  /** Notes what could not be read, with its line. */
  readonly unread: (line: number, what: string) => void

  constructor(follower: Follower, unread: (line: number, what: string) => void) {
    this.follower = follower
    this.unread = unread
  }

  /** The constant text of an argument; null when there is none. */
  text(link: Link, index: number): string | null {
    const value = link.arguments?.[index]
    return value === undefined ? null : this.follower.text(value)
  }

  /** Constant names, each alone or in a list. */
  names(...values: readonly (Term | null | undefined)[]): string[] {
    return values.flatMap((value) =>
      value == null ? [] : this.elements(value).flatMap((one) => this.follower.text(one) ?? []),
    )
  }

  /** The elements of a list, or what stands for a list of one. */
  elements(value: Term): Term[] {
    const whole = this.follower.follow(value)
    return whole.node.type === 'ArrayExpression' ? this.follower.items(whole, () => undefined) : [value]
  }

  /** What an object says under a name; null where it says nothing, or there is no object. */
  valueOf(object: Term | null | undefined, name: string): Term | null {
    return object == null ? null : this.follower.property(this.follower.follow(object), name)
  }

  /** The same as constant text. */
  textOf(object: Term | null | undefined, name: string): string | null {
    const value = this.valueOf(object, name)
    return value === null ? null : this.follower.text(value)
  }
}

/** Is a rule of a foreign key (`'CASCADE'`) that what hangs on a row goes with it? */
export const cascades = (rule: string | null): boolean => rule !== null && /^cascade$/i.test(rule)
