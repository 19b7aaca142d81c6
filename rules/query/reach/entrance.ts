import { type Handler } from './actor.ts'
import { nameOf } from './callers.ts'

/** Handlers through which people come in, before anybody can know to which tenant they belong. */
const entrances =
  /(?:sign|log)_?(?:in|up|on)(?![a-z]*_?(?:history|log|event)s?$)|(?:forgot|reset|recover)(?:ten)?_?password|magic_?(?:link|code)/i

/** Relations of people, and of the accounts that they come in with. */
const people = /(?:^|[._]|[a-z])(?:users?|credentials?|logins?|(?:social|auth|login|user)_?accounts?)$/i

/** What people give at the door: the address that they are known by, the code that was sent there, their name at a provider. */
const given = /^(?:e_?mail(?:_?address)?|user_?name|phone(?:_?number)?|code|provider|provider_?account_?id)$/i

/** Does whoever comes in look for their own row, by what they come in with? Nobody's tenant is known yet, so that none can be asked for. */
export function isAtEntrance(handler: Handler | null, relation: string, column: string | null): boolean {
  if (handler === null || column === null || !given.test(column) || !people.test(relation)) return false
  const name = nameOf(handler.function)?.name
  return name !== undefined && entrances.test(name)
}
