import { S3Client, S3Errors } from '@bradenmacdonald/s3-lite-client'

const DEFAULT_REGION = 'us-east-1'

/** Where a bucket is, and by which keys. */
export interface BucketAccess {
  bucket: string
  /** Stands before every name. Empty, or ends with a slash. */
  folder: string
  endPoint: string
  region: string
  accessKey: string
  secretKey: string
  sessionToken?: string
}

/**
 * Reads an address such as `s3://bucket/folder`. Server and keys come from the variables of the AWS tools:
 * `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_REGION`, and `AWS_ENDPOINT_URL_S3` or
 * `AWS_ENDPOINT_URL` for another server than Amazon's. Throws an `Error` that says what is wrong.
 */
export function readBucketAccess(address: string, env: Record<string, string | undefined>): BucketAccess {
  const [, bucket = '', path = ''] = /^s3:\/\/([^/]+)\/*(.*?)\/*$/.exec(address) ?? []
  if (bucket === '') throw new Error(`${address} names no bucket; expected such as s3://bucket/folder.`)
  const { AWS_ACCESS_KEY_ID: accessKey, AWS_SECRET_ACCESS_KEY: secretKey, AWS_SESSION_TOKEN } = env
  if (!accessKey || !secretKey) throw new Error('A bucket needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.')
  const region = env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || DEFAULT_REGION
  const other = env['AWS_ENDPOINT_URL_S3'] || env['AWS_ENDPOINT_URL']
  return {
    bucket,
    folder: path === '' ? '' : `${path}/`,
    endPoint: other || `https://s3.${region}.amazonaws.com`,
    region,
    accessKey,
    secretKey,
    ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }),
  }
}

/** Throws an `Error` that says what is wrong, for example with an address that is none. */
export function createBucketClient({ folder: _, ...access }: BucketAccess): S3Client {
  try {
    return new S3Client(access)
  } catch (error) {
    throw new Error(`${access.endPoint} cannot be used: ${bucketReason(error)}.`)
  }
}

/** What went wrong, in the words of the server, or of the network below. */
export function bucketReason(error: unknown): string {
  if (error instanceof S3Errors.ServerError) return `${error.code} (${error.statusCode})`
  const { cause } = error as Error
  return (cause instanceof Error ? cause.message : String((error as Error).message)).replace(/\.$/, '')
}

export function isMissing(error: unknown): boolean {
  return error instanceof S3Errors.ServerError && error.statusCode === 404
}
