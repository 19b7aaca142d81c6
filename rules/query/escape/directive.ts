/** What a comment or an entry of the configuration asks for. */
export interface Escape {
  /**
   * `ignore`: this finding is accepted. `tenantless`: this code works for all tenants, by design. `singleTenant`: there is no tenant but
   * one; no comment can say so.
   */
  readonly kind: 'ignore' | 'tenantless' | 'singleTenant'
  readonly reason: string
  /** Last day on which it holds, as `2027-01-31`; null without an end. */
  readonly until: string | null
  /** Only findings about this relation. */
  readonly relation: string | null
  /** Only findings of this rule. */
  readonly rule: string | null
  /** Only while the query is what it was. */
  readonly fingerprint: string | null
}

export type EscapeKey = Exclude<keyof Escape, 'kind'>

/** A comment of ours, with what is wrong with it; it holds only when nothing is. */
export interface Directive {
  readonly escape: Escape
  readonly faults: readonly string[]
}

const known: Record<Escape['kind'], readonly EscapeKey[]> = {
  ignore: ['reason', 'until', 'relation', 'rule', 'fingerprint'],
  tenantless: ['reason', 'until'],
  singleTenant: ['reason'],
}

/** The text of a comment as a directive; null when it is none. */
export function directiveIn(comment: string): Directive | null {
  const match = /^[\s*]*watertight-((?:ignore|tenantless)[\w-]*)(?=$|[\s:])\s*(.*)$/s.exec(comment)
  if (match === null) return null
  const [, name, rest] = match as unknown as readonly [string, string, string]
  const kind = name.startsWith('ignore') ? 'ignore' : 'tenantless'
  const { values, left } = attributesIn(rest)
  const escape = escapeOf(kind, values)
  const faults = [...faultsOf(kind, values)]
  if (name !== kind) faults.unshift(`watertight-${name} is not known; write watertight-${kind}`)
  if (left !== '') faults.push(`\`${left}\` is not understood; write reason="…"`)
  return { escape, faults }
}

/** `key=value` and `key="some words"`; what is neither is left over. */
function attributesIn(text: string): {
  readonly values: ReadonlyMap<string, string>
  readonly left: string
} {
  const values = new Map<string, string>()
  const left = text.replaceAll(
    /([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"']+))/g,
    (_, key: string, double?: string, single?: string, bare?: string) => {
      values.set(key, (double ?? single ?? bare ?? '').trim())
      return ''
    },
  )
  return { values, left: left.replaceAll(/[\s*]+/g, ' ').trim() }
}

export function escapeOf(kind: Escape['kind'], values: ReadonlyMap<string, string>): Escape {
  const value = (key: EscapeKey): string | null => values.get(key) ?? null
  return {
    kind,
    reason: value('reason') ?? '',
    until: value('until'),
    relation: value('relation'),
    rule: value('rule')?.replace(/^watertight\//, '') ?? null,
    fingerprint: value('fingerprint'),
  }
}

/** What is wrong with the attributes of an escape, each as the end of a sentence. */
export function faultsOf(kind: Escape['kind'], values: ReadonlyMap<string, string>): string[] {
  const faults: string[] = []
  if ((values.get('reason') ?? '') === '') faults.push('it has no reason; write reason="…"')
  const until = values.get('until')
  if (until !== undefined && !isDay(until)) faults.push(`\`${until}\` is no day; write until=2027-01-31`)
  for (const key of values.keys()) {
    if (!(known[kind] as readonly string[]).includes(key)) faults.push(`\`${key}\` is not known here`)
  }
  return faults
}

function isDay(text: string): boolean {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}
