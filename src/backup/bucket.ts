import { createWriteStream, openAsBlob } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { S3Client, S3Errors } from '@bradenmacdonald/s3-lite-client'
import { BackupProblem } from './backupProblem.ts'

const DEFAULT_REGION = 'us-east-1'

export interface StoredObject {
  name: string
  /** When it was stored, in milliseconds since 1970. */
  at: number
}

/** A folder of a bucket of S3, or of a server that speaks as S3 does. Every call throws `BackupProblem`. */
export interface Bucket {
  /** The address of what has this name, such as `s3://bucket/folder/name`. */
  address(name: string): string
  list(): Promise<StoredObject[]>
  /** It is there once all of it is stored. */
  upload(path: string, name: string): Promise<void>
  uploadText(text: string, name: string): Promise<void>
  download(name: string, path: string): Promise<void>
  remove(name: string): Promise<void>
}

export function isBucketAddress(place: string): boolean {
  return place.startsWith('s3://')
}

/** Takes an address such as `s3://bucket/folder/name.db` apart. Throws `BackupProblem`. */
export function splitAddress(address: string): { folder: string; name: string } {
  const end = address.lastIndexOf('/') + 1
  const name = address.slice(end)
  if (end <= 's3://'.length || name === '')
    throw new BackupProblem(`${address} names no copy; expected such as s3://bucket/folder/riacho-….db.`)
  return { folder: address.slice(0, end), name }
}

/**
 * The folder that an address such as `s3://bucket/folder` names. Server and keys come from the variables of the AWS tools:
 * `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_REGION`, and `AWS_ENDPOINT_URL_S3` or
 * `AWS_ENDPOINT_URL` for another server than Amazon's. Throws `BackupProblem`.
 */
export function openBucket(address: string, env: Record<string, string | undefined>): Bucket {
  const [, bucket = '', path = ''] = /^s3:\/\/([^/]+)\/*(.*?)\/*$/.exec(address) ?? []
  if (bucket === '')
    throw new BackupProblem(`${address} names no bucket; expected such as s3://bucket/folder.`)
  const folder = path === '' ? '' : `${path}/`
  const addressOf = (name: string) => `s3://${bucket}/${folder}${name}`
  const client = createClient(bucket, env)
  const attempt = async <Result>(name: string, work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work()
    } catch (error) {
      throw new BackupProblem(`${addressOf(name)} cannot be used: ${reasonOf(error)}.`)
    }
  }
  return {
    address: addressOf,
    list: () =>
      attempt('', async () => {
        const found: StoredObject[] = []
        for await (const { key, lastModified } of client.listObjects({ prefix: folder }))
          found.push({ name: key.slice(folder.length), at: lastModified.getTime() })
        return found.filter(({ name }) => !name.includes('/'))
      }),
    upload: (from, name) =>
      attempt(name, async () => {
        const blob = await openAsBlob(from)
        await client.putObject(folder + name, blob.stream(), { size: blob.size })
      }),
    uploadText: (text, name) => attempt(name, async () => void (await client.putObject(folder + name, text))),
    download: (name, to) =>
      attempt(name, async () => {
        const { body } = await client.getObject(folder + name)
        await pipeline(body ?? [], createWriteStream(to, { mode: 0o600 }))
      }),
    remove: name => attempt(name, () => client.deleteObject(folder + name)),
  }
}

function createClient(bucket: string, env: Record<string, string | undefined>): S3Client {
  const { AWS_ACCESS_KEY_ID: accessKey, AWS_SECRET_ACCESS_KEY: secretKey, AWS_SESSION_TOKEN } = env
  if (!accessKey || !secretKey)
    throw new BackupProblem('A bucket needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.')
  const region = env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || DEFAULT_REGION
  const other = env['AWS_ENDPOINT_URL_S3'] || env['AWS_ENDPOINT_URL']
  const endPoint = other || `https://s3.${region}.amazonaws.com`
  try {
    return new S3Client({
      bucket,
      region,
      endPoint,
      accessKey,
      secretKey,
      ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }),
    })
  } catch (error) {
    throw new BackupProblem(`${endPoint} cannot be used: ${reasonOf(error)}.`)
  }
}

/** What went wrong, in the words of the server, or of the network below. */
function reasonOf(error: unknown): string {
  if (error instanceof S3Errors.ServerError) return `${error.code} (${error.statusCode})`
  const { cause } = error as Error
  return (cause instanceof Error ? cause.message : String((error as Error).message)).replace(/\.$/, '')
}
