import { hash } from '../generate/random.ts'

/** Greppable, alphanumeric and lower case: safe in slugs, e-mail addresses, URLs and JSON. */
const prefix = 'wtcn'

/** What every canary starts with: a search for it finds them all. */
export const canaryPrefix = prefix
const randomLength = 14

/** Tokens planted in tenants' data, and who owns each. Detection is by look-up, never by the look of a token. */
export class CanaryRegistry {
  readonly #owners = new Map<string, { readonly tenant: number; readonly label: string }>()

  /** The token for one place. Equal parts give equal tokens, so that worlds can be twins. */
  plant(seed: number, tenant: number, salt: string, label: string): string {
    const token =
      prefix +
      [0, 1, 2].map((part) => hash(seed, tenant, salt, label, part).toString(36).padStart(7, '0')).join('')
    const short = token.slice(0, prefix.length + randomLength)
    this.#owners.set(short, { tenant, label })
    return short
  }

  ownerOf(token: string): { readonly tenant: number; readonly label: string } | undefined {
    return this.#owners.get(token)
  }

  /** A tenant was replaced: what was planted in the old one is still a leak when seen, so it moves to a number of its own. */
  disown(tenant: number, to: number): void {
    for (const [token, owner] of this.#owners) {
      if (owner.tenant === tenant) this.#owners.set(token, { ...owner, tenant: to })
    }
  }

  /** Drops the tokens of a tenant that nobody will look for again, so that memory stays flat. */
  forget(tenant: number): void {
    for (const [token, owner] of this.#owners) if (owner.tenant === tenant) this.#owners.delete(token)
  }

  /** Every registered token in a text: plain, in any case, in base64 (three alignments) or hexadecimal. */
  *find(text: string): Iterable<{ readonly token: string; readonly tenant: number; readonly label: string }> {
    for (const match of text.matchAll(tracePattern)) {
      const token = decode(match[0], text, match.index)
      const owner = token === null ? undefined : this.#owners.get(token)
      if (owner !== undefined) yield { token: token!, ...owner }
    }
  }

  /** Is there a token in the text, as it stands? */
  holds(text: string): boolean {
    return text.search(plainPattern) !== -1
  }

  /** Replaces registered tokens by what they are, for everything that is shown. */
  mask(text: string, name: (tenant: number) => string): string {
    return text.replace(plainPattern, (token) => {
      const owner = this.#owners.get(token.toLowerCase())
      return owner === undefined ? token : `<canary of ${name(owner.tenant)}>`
    })
  }
}

const plainPattern = new RegExp(`${anyCase(prefix)}[0-9a-zA-Z]{${randomLength}}`, 'g')
const tokenPattern = new RegExp(`${prefix}[0-9a-z]{${randomLength}}`)

/**
 * Base64 mixes neighbouring bytes: of the prefix, each alignment leaves a few characters that do not depend on what stands
 * before or after it.
 */
function base64Traces(): string[] {
  return [0, 1, 2].map((before) => {
    const encoded = Buffer.from('\0'.repeat(before) + prefix).toString('base64')
    const first = Math.ceil((before * 8) / 6)
    const last = Math.floor(((before + prefix.length) * 8) / 6)
    return encoded.slice(first, last)
  })
}

function anyCase(text: string): string {
  return [...text].map((letter) => `[${letter}${letter.toUpperCase()}]`).join('')
}

const traces = base64Traces()
const hexTrace = Buffer.from(prefix).toString('hex')
const tracePattern = new RegExp([plainPattern.source, hexTrace, ...traces].join('|'), 'g')

/** What a trace stands for, null when it is a coincidence. */
function decode(match: string, text: string, index: number): string | null {
  if (match.length === prefix.length + randomLength) return match.toLowerCase()
  if (match === hexTrace) {
    const bytes = text.slice(index, index + 2 * (prefix.length + randomLength))
    return tokenPattern.exec(Buffer.from(bytes, 'hex').toString('latin1'))?.[0] ?? null
  }
  const alignment = traces.indexOf(match)
  const start = index - Math.ceil((alignment * 8) / 6)
  const length = Math.ceil(((alignment + prefix.length + randomLength) * 8) / 6) + 4
  // The characters before the trace complete its group; whatever they hold, the token's own bytes come out the same.
  const group = text.slice(Math.max(0, start), start + length).replace(/[^A-Za-z0-9+/_-].*$/s, '')
  return tokenPattern.exec(Buffer.from(group, 'base64').toString('latin1'))?.[0] ?? null
}
