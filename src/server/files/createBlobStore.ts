import type { BlobStore } from './blobStore.ts'
import type { BucketAccess } from './bucketClient.ts'
import { createBucketStore } from './bucketStore.ts'
import { createFolderStore } from './folderStore.ts'

/** Where the bytes of files are: in a folder, or in a bucket of S3. */
export type BlobPlace = { readonly folder: string } | { readonly bucket: BucketAccess }

export function createBlobStore(place: BlobPlace): BlobStore {
  return 'bucket' in place ? createBucketStore(place.bucket) : createFolderStore(place.folder)
}
