import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, vi } from 'vitest'

export interface TestMaildir {
  readonly directory: string
  /** All mails to an address, oldest first, once there are that many. */
  readonly to: (address: string, count?: number) => Promise<readonly string[]>
  /** The secret in the link of the last mail to an address. */
  readonly secretTo: (address: string, count?: number) => Promise<string>
  readonly count: () => Promise<number>
}

/** A Maildir of its own, as the service leaves mails in. */
export async function testMaildir(): Promise<TestMaildir> {
  const directory = await mkdtemp(join(tmpdir(), 'maildir-'))
  afterAll(() => rm(directory, { recursive: true }))
  const mails = async () => {
    const names = (await readdir(join(directory, 'new'))).sort()
    return Promise.all(names.map((name) => readFile(join(directory, 'new', name), 'utf8')))
  }
  const to = (address: string, count = 1) =>
    vi.waitFor(
      async () => {
        const found = (await mails()).filter((mail) => mail.includes(`\r\nTo: ${address}\r\n`))
        if (found.length < count) throw new Error(`${found.length} of ${count} mails to ${address}`)
        return found
      },
      { timeout: 10_000, interval: 10 },
    )
  return {
    directory,
    to,
    secretTo: async (address, count) => /#(\w[\w-]+)/.exec((await to(address, count)).at(-1)!)![1]!,
    count: async () => (await mails()).length,
  }
}
