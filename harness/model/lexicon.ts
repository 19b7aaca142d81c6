import { canaryPrefix } from './canaries.ts'

/** Longer texts are prose, which nothing is found by. */
const longest = 80
const mostOfAField = 8
const mostWords = 40

/** Fields whose texts name a row. */
const naming = /(slug|email|name|key|code|handle|title|number|domain|subject|label|tag)$/i

/**
 * Words that the victim's rows hold: what every tenant was given alike, what its own reads showed, and the first letters of all
 * canaries. Who searches for something else finds nothing, however badly the search is confined.
 */
export class Lexicon {
  readonly #holdsCanary: (text: string) => boolean
  readonly #fields = new Map<string, string[]>()
  readonly #words: string[] = [canaryPrefix]

  constructor(holdsCanary: (text: string) => boolean) {
    this.#holdsCanary = holdsCanary
  }

  /** A text that is the same in every tenant. */
  share(text: string): void {
    this.#word(text)
  }

  /** What an answer to the victim holds. A canary must not be sent, or seeing it again would prove nothing. */
  learn(json: unknown, type: string | undefined): void {
    this.#visit(json, type ?? '', '')
  }

  #visit(value: unknown, type: string, name: string): void {
    if (typeof value === 'string') {
      if (naming.test(name) && value.length > 1 && value.length <= longest && !this.#holdsCanary(value)) {
        this.#keep(`${type}.${name}`, value)
        this.#keep(`.${name}`, value)
        this.#word(value)
      }
    } else if (Array.isArray(value)) for (const item of value) this.#visit(item, type, name)
    else if (typeof value === 'object' && value !== null)
      for (const [key, item] of Object.entries(value)) this.#visit(item, type, key)
  }

  #keep(field: string, text: string): void {
    const known = this.#fields.get(field) ?? []
    if (known.length < mostOfAField && !known.includes(text)) this.#fields.set(field, [...known, text])
  }

  #word(text: string): void {
    if (this.#words.length < mostWords && !this.#words.includes(text)) this.#words.push(text)
  }

  /** Texts that the victim has in a field of this name, of rows of this type if there are some. */
  of(type: string | undefined, field: string): readonly string[] {
    return this.#fields.get(`${type ?? ''}.${field}`) ?? this.#fields.get(`.${field}`) ?? this.#words.slice(1)
  }

  /** What to search for; the likeliest first. */
  words(): readonly string[] {
    return this.#words
  }
}
