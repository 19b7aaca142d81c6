import { describe, expect, it } from 'vitest'
import { encodePath, encodeQuery, sha256, sign } from '../../fixtures/service/objects/s3/signature.ts'

const signatureOf = ({ authorization }: Readonly<Record<string, string>>): string =>
  authorization!.split('Signature=')[1]!

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
describe('the examples of Amazon S3', () => {
  const host = 'examplebucket.s3.amazonaws.com'
  const credentials = {
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  }

  it.each([
    {
      name: 'an object’s first ten bytes',
      method: 'GET',
      path: '/test.txt',
      headers: { range: 'bytes=0-9' },
      expected: 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    },
    {
      name: 'an object that is put',
      method: 'PUT',
      path: '/test$file.text',
      headers: { date: 'Fri, 24 May 2013 00:00:00 GMT', 'x-amz-storage-class': 'REDUCED_REDUNDANCY' },
      payload: 'Welcome to Amazon S3.',
      expected: '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
    },
    {
      name: 'the lifecycle of a bucket',
      method: 'GET',
      path: '/',
      query: { lifecycle: '' },
      expected: 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
    },
    {
      name: 'a list of objects',
      method: 'GET',
      path: '/',
      query: { prefix: 'J', 'max-keys': '2' },
      expected: '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    },
  ])('$name', ({ method, path, query = {}, headers = {}, payload = '', expected }) => {
    const payloadHash = sha256(payload)
    const all = { ...(headers as Record<string, string>), host, 'x-amz-content-sha256': payloadHash }
    const request = { method, path, query: query as Record<string, string>, headers: all, payloadHash }
    const at = new Date('2013-05-24T00:00:00Z')
    const signed = sign(request, { region: 'us-east-1', service: 's3' }, credentials, at)
    expect(signatureOf(signed)).toBe(expected)
  })
})

/** The test suite that Amazon publishes with its clients, as far as it asks for what S3 asks for too. */
describe('the test suite of Signature Version 4', () => {
  const credentials = {
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  }
  const headers = { host: 'example.amazonaws.com' }

  it.each([
    { name: 'get-vanilla', expected: '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31' },
    {
      name: 'get-vanilla-query-order-key-case',
      query: { Param2: 'value2', Param1: 'value1' },
      expected: 'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    },
    {
      name: 'get-unreserved',
      path: '/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
      expected: '07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f',
    },
    {
      name: 'get-utf8',
      path: '/ሴ',
      expected: '8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85',
    },
    {
      name: 'post-vanilla',
      method: 'POST',
      expected: '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
    },
  ])('$name', ({ method = 'GET', path = '/', query = {}, expected }) => {
    const request = { method, path, query: query as Record<string, string>, headers, payloadHash: sha256('') }
    const at = new Date('2015-08-30T12:36:00Z')
    const signed = sign(request, { region: 'us-east-1', service: 'service' }, credentials, at)
    expect(signatureOf(signed)).toBe(expected)
  })

  it('signs the token of credentials that are lent', () => {
    const request = { method: 'GET', path: '/', query: {}, headers, payloadHash: sha256('') }
    const lent = { ...credentials, sessionToken: 'a token' }
    const signed = sign(request, { region: 'us-east-1', service: 's3' }, lent, new Date())
    expect(signed['x-amz-security-token']).toBe('a token')
    expect(signed['authorization']).toContain('SignedHeaders=host;x-amz-date;x-amz-security-token,')
  })
})

describe('what is signed', () => {
  it('is encoded once, everything but the unreserved characters', () => {
    expect(encodePath("/a b/ä!'()*~-._")).toBe('/a%20b/%C3%A4%21%27%28%29%2A~-._')
    expect(encodeQuery({ b: '2 + 2', a: '/', 'a-b': '', a1: '' })).toBe('a=%2F&a-b=&a1=&b=2%20%2B%202')
  })
})
