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
  ],
  invalid: [
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
