import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../../fixtures/service/platform/redis-server.ts'
import { S3Client, type S3Settings } from '../../fixtures/service/objects/s3/client.ts'
import { sha256, sign } from '../../fixtures/service/objects/s3/signature.ts'

/** Whether there is a moto (https://docs.getmoto.org) on this machine, which checks signatures with Amazon's botocore. */
export const motoIsThere = spawnSync('moto_server', ['--help'], { stdio: 'ignore' }).status === 0

export interface Moto {
  readonly settings: S3Settings
  /** Whether signatures are checked. Moto decodes a query before it does, and so refuses any with a slash, Amazon’s own client’s too. */
  readonly check: (whether: boolean) => Promise<void>
  readonly close: () => Promise<void>
}

/** A moto server with a bucket, that lets one user in and holds each request against its signature. */
export async function moto(): Promise<Moto> {
  const port = await freePort()
  const endpoint = `http://127.0.0.1:${port}`
  const child = spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' })
  const close = async (): Promise<void> => {
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
  try {
    await listening(`${endpoint}/moto-api/`)
    const anybody = {
      accessKeyId: 'anybody',
      secretAccessKey: 'anything',
      region: 'us-east-1',
      endpoint,
      bucket: 'kept',
    }
    await iam(anybody, { Action: 'CreateUser', UserName: 'service' })
    const all = { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 's3:*', Resource: '*' } }
    await iam(anybody, {
      Action: 'PutUserPolicy',
      UserName: 'service',
      PolicyName: 'all',
      PolicyDocument: JSON.stringify(all),
    })
    const made = await iam(anybody, { Action: 'CreateAccessKey', UserName: 'service' })
    const client = new S3Client(anybody)
    await (await client.send({ method: 'PUT' })).body.dump()
    await client.close()
    const check = async (whether: boolean): Promise<void> => {
      const body = whether ? '0' : 'inf'
      const answer = await fetch(`${endpoint}/moto-api/reset-auth`, { method: 'POST', body })
      if (!answer.ok) throw new Error(`moto answered ${answer.status}`)
    }
    await check(true)
    const [accessKeyId, secretAccessKey] = ['AccessKeyId', 'SecretAccessKey'].map(
      (name) => new RegExp(`<${name}>([^<]+)`).exec(made)![1]!,
    ) as [string, string]
    return { settings: { ...anybody, accessKeyId, secretAccessKey }, check, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function listening(url: string): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end; await delay(100)) {
    if (
      await fetch(url).then(
        () => true,
        () => false,
      )
    )
      return
  }
  throw new Error('moto does not answer')
}

async function iam(settings: S3Settings, parameters: Readonly<Record<string, string>>): Promise<string> {
  const body = String(new URLSearchParams({ Version: '2010-05-08', ...parameters }))
  const headers = sign(
    {
      method: 'POST',
      path: '/',
      query: {},
      headers: { host: new URL(settings.endpoint).host, 'content-type': 'application/x-www-form-urlencoded' },
      payloadHash: sha256(body),
    },
    { region: 'us-east-1', service: 'iam' },
    settings,
    new Date(),
  )
  const answer = await fetch(settings.endpoint, { method: 'POST', headers, body })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`moto answered ${answer.status}: ${text}`)
  return text
}
