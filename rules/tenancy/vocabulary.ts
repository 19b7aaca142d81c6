/**
 * What names say about a relation. Names only weigh; foreign keys decide. The lists are the words that products use for
 * their customers, not the names of any one schema.
 */

/** How strongly a word names a tenant. */
const tenantWords: Readonly<Record<string, number>> = {
  tenant: 10,
  organization: 8,
  organisation: 8,
  org: 8,
  workspace: 7,
  company: 6,
  account: 5,
  team: 5,
  community: 5,
  business: 5,
  agency: 5,
  merchant: 5,
  institution: 5,
  practice: 4,
  clinic: 4,
  school: 4,
  shop: 4,
  store: 4,
  restaurant: 4,
  customer: 4,
  client: 3,
  site: 3,
  group: 2,
  environment: 2,
  project: 2,
  space: 2,
}

const identityWords = new Set(['user', 'person', 'identity', 'profile', 'actor'])

const referenceWords = new Set(
  (
    'country currency language locale timezone region continent city plan tier permission feature ' +
    'unit icon emoji holiday vat taxrate rate industry category template'
  ).split(' '),
)

const bookkeeping =
  /^(_?prisma_?migrations|(pg|knex|kysely|typeorm|drizzle|umzug|sequelize|schema|flyway_schema|goose_db|mikro_orm)_?(migrations?|migration_?lock|history|version|meta)s?(_lock)?|sequelizemeta|migrations?|__drizzle_migrations|spatial_ref_sys)$/i

/** The words of a name, lower case, the last in the singular: `AuthUsers`, `auth_users` → `auth`, `user`. */
export function wordsOf(name: string): readonly string[] {
  const words = name
    .replace(/^.*\./, '')
    .replaceAll('"', '')
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1_$2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1_$2')
    .toLowerCase()
    .split(/[^\p{L}\d]+/u)
    .filter((word) => word !== '' && word !== 'tbl' && word !== 'table')
  const last = words.pop()
  return last === undefined ? [] : [...words, singular(last)]
}

/** `companies` → `company`, `statuses` → `status`, `users` → `user`. */
export function singular(word: string): string {
  if (/ies$/.test(word) && word.length > 4) return `${word.slice(0, -3)}y`
  if (/(ss|sh|ch|x|us)es$/.test(word)) return word.slice(0, -2)
  if (/[^su]s$/.test(word) || /[aeo]us$/.test(word) === false) return word.replace(/([^su])s$/, '$1')
  return word
}

/** 0 for a name that says nothing; a name that only ends in such a word counts half. */
export function tenantWeight(relation: string): number {
  const words = wordsOf(relation)
  const weight = tenantWords[words.at(-1) ?? ''] ?? 0
  return words.length > 1 ? weight / 2 : weight
}

/** The tenant word that a column like `organizationId` or `tenant_id` names, null when it names none. */
export function tenantWordOfColumn(column: string): string | null {
  const words = [...wordsOf(column)]
  if (words.length < 2 || !['id', 'uuid', 'key', 'slug', 'uid'].includes(words.at(-1)!)) return null
  const word = singular(words.slice(0, -1).join('_'))
  return word in tenantWords && tenantWords[word]! >= 2 ? word : null
}

/** How strongly the word names a tenant. */
export function weightOfWord(word: string): number {
  return tenantWords[word] ?? 0
}

/** Users, people: one identity that may act in several tenants. */
export function isIdentity(relation: string): boolean {
  return identityWords.has(wordsOf(relation).at(-1) ?? '')
}

/** `created_by`, `updatedByUserId`: who wrote a row, which does not say whose it is. `owned_by` does. */
export function isAuthorship(column: string): boolean {
  const words = wordsOf(column)
  const by = words.indexOf('by')
  return by > 0 && /(ed|en|nt)$/.test(words[by - 1]!) && words[by - 1] !== 'owned'
}

/** Words for data that products share between tenants: countries, plans, permissions. */
export function isReferenceData(relation: string): boolean {
  return referenceWords.has(wordsOf(relation).at(-1) ?? '')
}

/** Tables in which migration tools keep their own state. */
export function isBookkeeping(relation: string): boolean {
  return bookkeeping.test(relation.replace(/^.*\./, ''))
}

/** `survey_triggers` names a part of `surveys`. */
export function namesPartOf(part: string, whole: string): boolean {
  const words = wordsOf(part)
  const start = wordsOf(whole)
  return words.length > start.length && start.every((word, index) => singular(words[index]!) === word)
}
