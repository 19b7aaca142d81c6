import fc from 'fast-check'

/** Mixes any parts into 32 bits (FNV-1a, then the murmur3 finaliser): the one place where seeds are derived. */
export function hash(...parts: readonly (string | number)[]): number {
  let state = 0x811c9dc5
  for (const part of parts) {
    const text = String(part)
    for (let index = 0; index < text.length; index++) {
      state = Math.imul(state ^ text.charCodeAt(index), 0x01000193)
    }
    state = Math.imul(state ^ 0x1f, 0x01000193)
  }
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b)
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35)
  return (state ^ (state >>> 16)) >>> 0
}

/** A generator that fast-check accepts: sfc32, small and fast, with its whole state in four words. */
class Sfc32 {
  #a: number
  #b: number
  #c: number
  #counter: number

  constructor(a: number, b: number, c: number, counter: number) {
    this.#a = a | 0
    this.#b = b | 0
    this.#c = c | 0
    this.#counter = counter | 0
  }

  clone(): Sfc32 {
    return new Sfc32(this.#a, this.#b, this.#c, this.#counter)
  }

  next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (this.#c << 21) | (this.#c >>> 11)
    this.#c = (this.#c + sum) | 0
    return sum
  }

  getState(): readonly number[] {
    return [this.#a, this.#b, this.#c, this.#counter]
  }
}

/** fast-check's random under our own seed. Equal seeds give equal values on every machine. */
export function randomOf(seed: number): fc.Random {
  const generator = new Sfc32(hash(seed, 'a'), hash(seed, 'b'), hash(seed, 'c'), 1)
  for (let round = 0; round < 12; round++) generator.next()
  return new fc.Random(generator)
}

/** One value of an arbitrary, without a property run around it. */
export function draw<T>(arbitrary: fc.Arbitrary<T>, seed: number): T {
  return arbitrary.generate(randomOf(seed), undefined).value
}
