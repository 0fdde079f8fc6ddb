import { createWriteStream, openAsBlob } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { bucketReason, createBucketClient, readBucketAccess } from '../server/files/bucketClient.ts'
import { BackupProblem } from './backupProblem.ts'

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
  downloadText(name: string): Promise<string>
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
 * The folder that an address such as `s3://bucket/folder` names. `env` has the variables of the AWS tools. Throws
 * `BackupProblem`.
 */
export function openBucket(address: string, env: Record<string, string | undefined>): Bucket {
  const { client, access } = open(address, env)
  const { bucket, folder } = access
  const addressOf = (name: string) => `s3://${bucket}/${folder}${name}`
  const attempt = async <Result>(name: string, work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work()
    } catch (error) {
      throw new BackupProblem(`${addressOf(name)} cannot be used: ${bucketReason(error)}.`)
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
    downloadText: name => attempt(name, async () => (await client.getObject(folder + name)).text()),
    remove: name => attempt(name, () => client.deleteObject(folder + name)),
  }
}

function open(address: string, env: Record<string, string | undefined>) {
  try {
    const access = readBucketAccess(address, env)
    return { access, client: createBucketClient(access) }
  } catch (error) {
    throw new BackupProblem(error instanceof Error ? error.message : String(error))
  }
}
