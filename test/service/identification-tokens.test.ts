import { createHmac, generateKeyPairSync } from 'node:crypto'
import {
  decodeJwt,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  importJWK,
  jwtVerify,
  SignJWT,
  UnsecuredJWT,
  type JWK,
  type JWTPayload,
} from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { ServiceKey } from '../../fixtures/service/identification/service-key.ts'
import { buildService } from '../../fixtures/service/service.ts'
import { serviceOnFreshDatabase, type RunningService, type TenantInService } from '../support/service.ts'

const secret = Buffer.alloc(32, 7)
const serviceKey = secret.toString('base64url')

let service: RunningService
let acme: TenantInService
let claims: JWTPayload
let header: { alg: string; kid: string; typ: string }
let ownKey: Awaited<ReturnType<typeof importJWK>>
let publicKey: JWK

/** The service's own private key: what is signed with it is wrong only where a row of the table says so. */
async function privateKeyOf({ database }: RunningService, kid: string) {
  const { rows } = await database.pool.query(
    'SELECT private_key, algorithm FROM control.signing_keys WHERE kid = $1',
    [kid],
  )
  const sealed = rows[0]!['private_key'] as Buffer
  const jwk = JSON.parse(new ServiceKey(secret).open(sealed, `signing key ${kid}`).toString()) as JWK
  return importJWK(jwk, String(rows[0]!['algorithm']))
}

beforeAll(async () => {
  service = await serviceOnFreshDatabase({ serviceKey })
  acme = await service.tenant('acme')
  claims = decodeJwt(acme.adminToken)
  header = decodeProtectedHeader(acme.adminToken) as typeof header
  ownKey = await privateKeyOf(service, header.kid)
  publicKey = (await service.as()('GET /.well-known/jwks.json')).json.keys[0]
})

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const now = (): number => Math.floor(Date.now() / 1000)

interface Forgery {
  readonly header?: Record<string, unknown>
  readonly claims?: Record<string, unknown>
}

const sign = (forgery: Forgery, key = ownKey) =>
  new SignJWT({ ...claims, ...forgery.claims })
    .setProtectedHeader({ ...header, ...forgery.header } as { alg: string })
    .sign(key)

/** Signed by HMAC with the text of the public key, which everybody has. */
function confused(secretText: string, alg = 'HS256'): string {
  const input = `${encode({ ...header, alg })}.${encode(claims)}`
  return `${input}.${createHmac('sha256', secretText).update(input).digest('base64url')}`
}

async function ownKeyOfAttacker(alg = 'EdDSA') {
  const pair = await generateKeyPair(alg, { extractable: true })
  return { ...pair, jwk: await exportJWK(pair.publicKey) }
}

const hostile: [string, () => Promise<string> | string][] = [
  ['no signature', () => new UnsecuredJWT(claims).encode()],
  ['alg none in another case', () => `${encode({ ...header, alg: 'nOnE' })}.${encode(claims)}.`],
  ['no signature under the right header', () => `${encode(header)}.${encode(claims)}.`],
  ['HS256 with the public key as the secret', () => confused(publicKey.x!)],
  ['HS256 with the public JWK as the secret', () => confused(JSON.stringify(publicKey))],
  ['HS256 that calls itself EdDSA', () => confused(publicKey.x!, 'EdDSA')],
  ['a key of the attacker under our kid', async () => sign({}, (await ownKeyOfAttacker()).privateKey)],
  [
    'a key of the attacker in the header',
    async () => {
      const { privateKey, jwk } = await ownKeyOfAttacker()
      return sign({ header: { jwk } }, privateKey)
    },
  ],
  [
    'a key of another algorithm under our kid',
    async () => sign({ header: { alg: 'RS256' } }, (await ownKeyOfAttacker('RS256')).privateKey),
  ],
  ['our key, and a jwk beside it', () => sign({ header: { jwk: publicKey } })],
  ['our key, and a jku beside it', () => sign({ header: { jku: 'https://evil.example/jwks.json' } })],
  ['our key, and an x5u beside it', () => sign({ header: { x5u: 'https://evil.example/cert.pem' } })],
  ['our key, and an x5c beside it', () => sign({ header: { x5c: ['MIIB'] } })],
  ['a kid that is a path', () => sign({ header: { kid: '../../../../dev/null' } })],
  ['a kid that is SQL', () => sign({ header: { kid: `' UNION SELECT 'AA==' --` } })],
  ['a kid of a property that every object has', () => sign({ header: { kid: '__proto__' } })],
  ['a kid that is no text', () => `${encode({ ...header, kid: [header.kid] })}.${encode(claims)}.AAAA`],
  ['no kid', () => sign({ header: { kid: undefined } })],
  ['another type', () => sign({ header: { typ: 'JWT' } })],
  ['another audience', () => sign({ claims: { aud: 'someone-else' } })],
  ['no audience', () => sign({ claims: { aud: undefined } })],
  ['another issuer', () => sign({ claims: { iss: 'someone-else' } })],
  ['no issuer', () => sign({ claims: { iss: undefined } })],
  ['an expiry that has passed', () => sign({ claims: { exp: now() - 60 } })],
  ['no expiry', () => sign({ claims: { exp: undefined } })],
  ['an expiry that is no number', () => sign({ claims: { exp: '9999999999' } })],
  ['a start in the future', () => sign({ claims: { nbf: now() + 600 } })],
  ['no start', () => sign({ claims: { nbf: undefined } })],
  ['an issue in the future', () => sign({ claims: { iat: now() + 600 } })],
  ['an issue longer ago than any token lives', () => sign({ claims: { iat: now() - 9 * 60 * 60 } })],
  ['no issue', () => sign({ claims: { iat: undefined } })],
  ['no subject', () => sign({ claims: { sub: undefined } })],
  ['a tenant that is no id', () => sign({ claims: { tenant: `${acme.id}'--` } })],
  ['another epoch', () => sign({ claims: { epoch: acme.id } })],
  ['an impersonation that never was', () => sign({ claims: { act: { impersonation: acme.id } } })],
  ['an actor that is nothing', () => sign({ claims: { act: {} } })],
  ['a changed letter', () => acme.adminToken.slice(0, -8) + 'AAAAAAAA'],
  ['two of them', () => `${acme.adminToken}, ${acme.memberToken}`],
]

describe('a token with', () => {
  it.each(hostile)('%s is nobody’s', async (_, forge) => {
    const { status, json } = await service.as(await forge())('GET /projects')
    expect(status).toBe(401)
    expect(json).toEqual({ type: 'about:blank', title: 'Unauthorized', status: 401 })
  })

  it('nothing wrong is heard: the table fails for its own reasons', async () => {
    expect((await service.as(await sign({}))('GET /projects')).status).toBe(200)
  })
})

describe('keys', () => {
  it('are published without their private halves, and others can verify with them', async () => {
    const { json, headers } = await service.as()('GET /.well-known/jwks.json')
    expect(json.keys[0]).toMatchObject({ kid: header.kid, alg: 'EdDSA', use: 'sig' })
    expect(JSON.stringify(json)).not.toMatch(/"(d|p|q|k)":/)
    expect(headers['cache-control']).toBe('public, max-age=60')
    const key = await importJWK(json.keys[0], 'EdDSA')
    expect((await jwtVerify(acme.adminToken, key, { audience: 'tracker-api' })).payload.sub).toBe(
      acme.adminId,
    )
  })

  it('lie sealed in the database', async () => {
    const { rows } = await service.database.pool.query('SELECT private_key FROM control.signing_keys')
    expect(rows.every((row) => !(row['private_key'] as Buffer).toString().includes('"d"'))).toBe(true)
    const other = new ServiceKey(Buffer.alloc(32, 8))
    const sealed = rows[0]!['private_key'] as Buffer
    expect(() => other.open(sealed, `signing key ${header.kid}`)).toThrow()
    expect(() => new ServiceKey(secret).open(sealed, 'signing key of another')).toThrow()
  })

  it('rotate: old tokens work until they expire, new ones come from the new key', async () => {
    const rotating = await serviceOnFreshDatabase({ serviceKey })
    const tenant = await rotating.tenant('rotating')
    const { kid } = (await rotating.operator('POST /operator/keys/rotate', { body: {} })).json
    expect((await tenant.admin('GET /session')).status).toBe(200)
    const later = await rotating.tenant('later')
    expect(decodeProtectedHeader(later.adminToken).kid).toBe(kid)
    const { keys } = (await rotating.as()('GET /.well-known/jwks.json')).json
    expect(keys).toHaveLength(2)
    await rotating.operator('POST /operator/keys/rotate', { body: { revoke: true } })
    for (const { admin } of [tenant, later]) expect((await admin('GET /session')).status).toBe(401)
    expect((await rotating.as()('GET /.well-known/jwks.json')).json.keys).toHaveLength(1)
    expect((await (await rotating.tenant('last')).admin('GET /session')).status).toBe(200)
  })

  it.each([
    ['knows the service key', serviceKey, 1],
    ['does not', undefined, 2],
  ])('outlive an instance: the next one, which %s, verifies what it signed', async (_, key, count) => {
    const first = await serviceOnFreshDatabase({ serviceKey })
    const tenant = await first.tenant('outlived')
    const next = await buildService({
      databaseUrl: first.database.url,
      operatorToken: first.operatorToken,
      ...(key && { serviceKey: key }),
    })
    try {
      const headers = { authorization: `Bearer ${tenant.adminToken}` }
      expect((await next.app.inject({ url: '/session', headers })).statusCode).toBe(200)
      const operator = { authorization: `Bearer ${first.operatorToken}` }
      await next.app.inject({ url: `/operator/tenants/${tenant.id}`, headers: operator })
      const published = await next.app.inject('/.well-known/jwks.json')
      expect(published.json().keys).toHaveLength(count)
    } finally {
      await next.app.close()
    }
  })

  it('may be RSA', async () => {
    const rsa = await serviceOnFreshDatabase({ signingAlgorithm: 'RS256', serviceKey })
    const tenant = await rsa.tenant('rsa')
    expect(decodeProtectedHeader(tenant.adminToken).alg).toBe('RS256')
    expect((await tenant.admin('GET /session')).status).toBe(200)
    const [jwk] = (await rsa.as()('GET /.well-known/jwks.json')).json.keys
    const pem = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    const { kid } = decodeProtectedHeader(tenant.adminToken)
    const forged = new SignJWT(decodeJwt(tenant.adminToken)).setProtectedHeader({
      alg: 'RS256',
      kid: kid!,
      typ: 'at+jwt',
    })
    expect((await rsa.as(await forged.sign(pem))('GET /session')).status).toBe(401)
    expect((await rsa.as(confused(jwk.n))('GET /session')).status).toBe(401)
  })
})
