import rule from '../../rules/lint/require-tenant-storage-key.ts'
import { ruleTester } from '../support/rule-tester.ts'

const code = (body: string): string => `
import { readFile, createWriteStream } from 'node:fs'
import path from 'node:path'
import { S3Client, PutObjectCommand, GetObjectCommand } from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { Storage } from '@google-cloud/storage'
import { BlobServiceClient } from '@azure/storage-blob'
import { put } from '@vercel/blob'
const s3 = new S3Client({})
const bucket = new Storage().bucket('files')
const container = BlobServiceClient.fromConnectionString('').getContainerClient('files')
export async function handle(request, name) {
  ${body}
}
`

ruleTester().run('require-tenant-storage-key', rule as never, {
  valid: [
    code(
      "await s3.send(new PutObjectCommand({ Bucket: 'files', Key: `${request.clinic.id}/${request.body.name}` }))",
    ),
    {
      name: 'named like the tenant',
      code: code(
        'const { clinicId } = await member(request); const Key = `${clinicId}/${request.body.name}`; await s3.send(new GetObjectCommand({ Key }))',
      ),
    },
    {
      name: 'a random name',
      code: code('await put(`uploads/${randomUUID()}/${request.body.name}`, request.body)'),
    },
    {
      name: 'an id that only one tenant has',
      code: code('await bucket.file(`visits/${request.params.visitId}.pdf`).download()'),
    },
    {
      name: 'out of a row',
      code: code('const row = await find(request); await s3.send(new GetObjectCommand({ Key: row.key }))'),
    },
    { name: 'the caller chooses', code: code('await s3.send(new PutObjectCommand({ Key: name }))') },
    {
      name: 'checked',
      code: code(
        "const { key } = request.body; if (!key.startsWith(prefix)) throw new Error('key'); await s3.send(new GetObjectCommand({ Key: key }))",
      ),
    },
    {
      name: 'a file under its last name',
      code: code("await readFile(path.join('/files', path.basename(request.params.name)))"),
    },
    {
      name: 'the name of an upload that the server made',
      code: code('createWriteStream(request.file.path)'),
    },
    { name: 'another `file`', code: code('form.file(request.body.name)') },
  ],
  invalid: [
    {
      code: code(
        "await s3.send(new PutObjectCommand({ Bucket: 'files', Key: `uploads/${request.body.name}` }))",
      ),
      errors: [
        {
          messageId: 'object',
          data: {
            key: '`uploads/${request.body.name}`',
            chooser: 'the request',
            tenant: 'request.clinic.id',
          },
        },
      ],
    },
    {
      name: 'read what the request names',
      code: code('const { key } = request.query; await s3.send(new GetObjectCommand({ Key: key }))'),
      errors: [{ messageId: 'object' }],
    },
    {
      name: 'lib-storage',
      code: code('await new Upload({ client: s3, params: { Key: request.body.name } }).done()'),
      errors: [{ messageId: 'object' }],
    },
    {
      name: 'Google Cloud',
      code: code('await bucket.file(request.params.name).download()'),
      errors: [{ messageId: 'object' }],
    },
    {
      name: 'Azure',
      code: code('container.getBlockBlobClient(request.body.name)'),
      errors: [{ messageId: 'object' }],
    },
    {
      name: 'Vercel',
      code: code('await put(request.query.filename, request.body)'),
      errors: [{ messageId: 'object' }],
    },
    {
      name: 'ids are not trusted',
      code: code('await bucket.file(`visits/${request.params.visitId}.pdf`).download()'),
      options: [{ allowGlobalIds: false }],
      errors: [{ messageId: 'object' }],
    },
    {
      name: 'the caller chooses, when asked for',
      code: code('await s3.send(new PutObjectCommand({ Key: name }))'),
      options: [{ reportUnknown: true }],
      errors: [{ messageId: 'object' }],
    },
    {
      name: 'a path',
      code: code("await readFile(path.join('/files', request.clinic.id, request.params.name))"),
      errors: [{ messageId: 'file', data: { part: 'request.params.name' } }],
    },
    {
      name: 'the name of an upload that its sender chose',
      code: code('createWriteStream(`/files/${request.file.originalname}`)'),
      errors: [{ messageId: 'file' }],
    },
  ],
})
