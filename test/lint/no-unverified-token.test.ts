import rule from '../../rules/lint/no-unverified-token.ts'
import { ruleTester } from '../support/rule-tester.ts'

const jwt = (body: string): string => `
import jwt from 'jsonwebtoken'
import { decodeJwt, jwtVerify } from 'jose'
import { jwtDecode } from 'jwt-decode'
export async function principal(request) {
  const token = request.headers.authorization.slice(7)
  ${body}
}
`

/** A token that the program has signed itself, and this between its parts and its claims. */
const own = (check: string): string => `
import { createHmac, timingSafeEqual, verify } from 'node:crypto'
export function principal(request) {
  const token = request.headers.authorization
  const [payload, given, other] = token.split('.')
  const signature = Buffer.from(given, 'base64url')
  const expected = createHmac('sha256', key).update(payload).digest()
  ${check}
  return JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString()).sub
}
`

ruleTester().run('no-unverified-token', rule as never, {
  valid: [
    jwt("const claims = jwt.verify(token, key, { algorithms: ['HS256'] }); return claims.sub"),
    { name: 'without algorithms, unless asked', code: jwt('return jwt.verify(token, key).sub') },
    {
      name: 'decoded to find the key, then verified',
      code: jwt(
        'const { header } = jwt.decode(token, { complete: true }); return jwt.verify(token, keys[header.kid])',
      ),
    },
    {
      name: 'decoded by a part of the function that verifies',
      code: `import jwt from 'jsonwebtoken'
const keyOf = (token) => keys[jwt.decode(token).sub]
export const verified = (token) => jwt.verify(token, keyOf(token))`,
    },
    {
      name: 'only its age is read',
      code: jwt('const claims = decodeJwt(token); return claims && claims.exp * 1000 < Date.now()'),
    },
    {
      name: 'from the provider, over TLS',
      code: `import { jwtDecode } from 'jwt-decode'
export async function callback(code) { const tokens = await exchange(code); return jwtDecode(tokens.id_token).email }`,
    },
    {
      name: 'an access token that the program keeps for its own calls',
      code: `import jwt from 'jsonwebtoken'
export async function connected(connection) { const { access_token: token } = connection.credentials; return jwt.decode(token).tid }`,
    },
    {
      name: 'in the browser',
      code: `'use client'
import { jwtDecode } from 'jwt-decode'
export const name = (token) => jwtDecode(token).name`,
    },
    {
      name: 'another `decode`',
      code: "import { decode } from 'html-entities'\nexport const text = (raw) => decode(raw).sub",
    },
    {
      name: 'some other split',
      code: "export const part = (text) => JSON.parse(atob(text.split('|')[1])).id",
    },
    {
      name: 'its signature compared by hand',
      code: own(
        "if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) throw new Error('token')",
      ),
    },
    {
      name: 'its signature verified by hand',
      code: own(
        "const isGenuine = verify('RSA-SHA256', Buffer.from(payload), publicKey, signature); if (!isGenuine) return null",
      ),
    },
    {
      name: 'its signature verified with Web Crypto',
      code: `export async function principal(token) {
  const [, payload, given] = token.split('.')
  if (!(await crypto.subtle.verify('HMAC', key, bytesOf(given), bytesOf(payload)))) throw new Error('token')
  return JSON.parse(atob(payload)).sub
}`,
    },
  ],
  invalid: [
    {
      name: 'compared, and nothing done about it',
      code: own("if (!timingSafeEqual(signature, expected)) console.warn('token')"),
      errors: [{ messageId: 'decoded' }],
    },
    {
      name: 'left when the signature is right',
      code: own("if (timingSafeEqual(signature, expected)) throw new Error('token')"),
      errors: [{ messageId: 'decoded' }],
    },
    {
      name: 'left only in some cases',
      code: own("if (strict && !timingSafeEqual(signature, expected)) throw new Error('token')"),
      errors: [{ messageId: 'decoded' }],
    },
    {
      name: 'the signature of something else',
      code: own("if (!timingSafeEqual(Buffer.from(request.body.csrf), secret)) throw new Error('token')"),
      errors: [{ messageId: 'decoded' }],
    },
    {
      name: 'a function of the program that is called so',
      code: `const timingSafeEqual = () => true
export function principal(token) {
  const [, payload, given] = token.split('.')
  if (!timingSafeEqual(given, payload)) throw new Error('token')
  return JSON.parse(atob(payload)).sub
}`,
      errors: [{ messageId: 'decoded' }],
    },
    {
      code: jwt('return jwt.decode(token).sub'),
      errors: [{ messageId: 'decoded', data: { token: 'token' } }],
    },
    {
      code: jwt('const { clinicId } = decodeJwt(token); return clinicId'),
      errors: [{ messageId: 'decoded' }],
    },
    {
      code: jwt('const claims = jwtDecode(token); if (!claims) return null; return claims.sub'),
      errors: [{ messageId: 'decoded' }],
    },
    { name: 'handed on', code: jwt('return jwtDecode(token)'), errors: [{ messageId: 'decoded' }] },
    {
      name: 'its payload',
      code: jwt('const whole = jwt.decode(token, { complete: true }); return whole?.payload.sub'),
      errors: [{ messageId: 'decoded' }],
    },
    {
      name: 'by hand',
      code: jwt("return JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString('utf8')).sub"),
      errors: [{ messageId: 'decoded' }],
    },
    {
      name: 'by hand, in steps',
      code: jwt(
        "const [, payload] = token.split('.'); const text = atob(payload); return JSON.parse(text).sub",
      ),
      errors: [{ messageId: 'decoded' }],
    },
    {
      name: 'NestJS',
      code: `import { JwtService } from '@nestjs/jwt'
export class Guard { constructor(private readonly tokens: JwtService) {}
  user(request) { return this.tokens.decode(request.headers.token).sub } }`,
      errors: [{ messageId: 'decoded' }],
    },
    {
      code: jwt("return jwt.verify(token, key, { algorithms: ['HS256', 'none'] })"),
      errors: [{ messageId: 'none' }],
    },
    {
      code: jwt('return jwt.verify(token, key, { ignoreExpiration: true })'),
      errors: [{ messageId: 'expired' }],
    },
    {
      name: 'explicit algorithms',
      code: jwt('return jwt.verify(token, key, (error, claims) => claims)'),
      options: [{ requireExplicit: true }],
      errors: [{ messageId: 'algorithms' }],
    },
    {
      name: 'audience and issuer',
      code: jwt("return jwtVerify(token, key, { issuer: 'https://login.example' })"),
      options: [{ requireExplicit: true }],
      errors: [{ messageId: 'audience', data: { missing: '`audience`' } }],
    },
  ],
})
