import { fc, test as check } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { isLoopback, isPublic } from '../../fixtures/service/webhooks/addresses.ts'
import { endpointOf } from '../../fixtures/service/webhooks/endpoint.ts'
import { mintSecret, shownSecret, signedHeaders } from '../../fixtures/service/webhooks/signature.ts'

const byte = fc.integer({ min: 0, max: 255 })
const group = fc.integer({ min: 0, max: 0xffff })
const dotted = (...bytes: readonly number[]) => bytes.join('.')
const hextets = (...groups: readonly number[]) => groups.map((one) => one.toString(16)).join(':')

/** Networks by their first bytes, and how many values the last of these may have. */
const inside4 = fc.oneof(
  ...[
    [0],
    [10],
    [100, 64, 127],
    [127],
    [169, 254, 254],
    [172, 16, 31],
    [192, 168, 168],
    [198, 18, 19],
    [224],
    [239],
    [255],
  ].map(([first, low = 0, high = 255]) =>
    fc.tuple(fc.constant(first!), fc.integer({ min: low, max: high }), byte, byte),
  ),
)

const outside6 = fc.tuple(
  fc.integer({ min: 0, max: 0xffff }),
  group,
  group,
  group,
  group,
  group,
  group,
  group,
)

describe('addresses that webhooks are sent to', () => {
  check.prop([inside4])(
    'are none of private, shared, link-local, loopback and reserved networks',
    (bytes) => {
      const address = dotted(...bytes)
      expect(isPublic(address)).toBe(false)
      const number = bytes.reduce((sum, one) => sum * 256 + one, 0)
      // The spellings that a URL may have, all of which its parser brings to one.
      for (const host of [address, String(number), `0x${number.toString(16)}`, `[::ffff:${address}]`]) {
        expect(() => endpointOf(`https://${host}/hook`, { loopback: false })).toThrow()
      }
    },
  )

  check.prop([fc.tuple(byte, byte, byte, byte)])(
    'are none that wear an IPv4 address in an IPv6 one',
    (bytes) => {
      const [a, b, c, d] = bytes
      const [high, low] = [a * 256 + b, c * 256 + d]
      for (const address of [
        `::ffff:${dotted(...bytes)}`,
        hextets(0, 0, 0, 0, 0, 0, high, low),
        hextets(0x64, 0xff9b, 0, 0, 0, 0, high, low),
        hextets(0x2002, high, low, 0, 0, 0, 0, 1),
        hextets(0x2001, 0, 0, 0, 0, 0, high ^ 0xffff, low ^ 0xffff),
      ]) {
        expect([address, isPublic(address)]).toEqual([address, false])
      }
    },
  )

  check.prop([outside6])('of IPv6 are global unicast', (groups) => {
    const address = hextets(...groups)
    if (groups[0] >> 13 !== 1) expect(isPublic(address)).toBe(false)
  })

  it('are those of the internet', () => {
    for (const address of [
      '1.1.1.1',
      '93.184.216.34',
      '100.63.255.255',
      '100.128.0.0',
      '172.15.0.1',
      '172.32.0.1',
    ]) {
      expect([address, isPublic(address)]).toEqual([address, true])
    }
    for (const address of ['2606:4700:4700::1111', '2a00:1450:4001::1']) expect(isPublic(address)).toBe(true)
  })

  check.prop([fc.string()])('are addresses', (text) => {
    fc.pre(!/^[0-9a-f.:]+$/i.test(text))
    expect(isPublic(text)).toBe(false)
    expect(isLoopback(text)).toBe(false)
  })

  it('are this machine’s only where that is set', () => {
    const reach = { loopback: true }
    for (const url of ['http://127.0.0.1:8080/hook', 'http://localhost/hook', 'http://[::1]:1/hook']) {
      expect(endpointOf(url, reach)).toContain('/hook')
      expect(() => endpointOf(url, { loopback: false })).toThrow()
    }
    for (const url of ['http://10.0.0.1/hook', 'http://example.com/hook']) {
      expect(() => endpointOf(url, reach)).toThrow()
    }
  })
})

describe('signatures', () => {
  it('are those of Standard Webhooks', () => {
    // The example of its specification.
    const secret = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64')
    const message = {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestamp: 1_614_265_330,
      body: '{"test": 2432232314}',
    }
    expect(signedHeaders(message, [secret])).toEqual({
      'webhook-id': message.id,
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    })
  })

  check.prop([fc.uuid(), fc.nat(), fc.string(), fc.string()])(
    'are of one message, one time and one secret',
    (id, timestamp, body, other) => {
      const [secret, another] = [mintSecret(), mintSecret()]
      const of = (message: object, ...secrets: readonly Uint8Array[]) =>
        signedHeaders({ id, timestamp, body, ...message }, secrets)['webhook-signature']
      const signature = of({}, secret)
      expect(of({}, another)).not.toBe(signature)
      expect(of({ timestamp: timestamp + 1 }, secret)).not.toBe(signature)
      if (other !== body) expect(of({ body: other }, secret)).not.toBe(signature)
      expect(of({}, secret, another)!.split(' ')).toEqual([signature, of({}, another)])
      expect(shownSecret(secret)).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    },
  )
})
