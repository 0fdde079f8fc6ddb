import { type BlobPlace, createBlobStore } from './createBlobStore.ts'
import type { FileLimits } from './fileLimits.ts'
import { createFileService, type FileService, type FileServiceOptions } from './fileService.ts'
import { DocumentThread } from './reading/documentThread.ts'
import { createReadImage, type ReadImageFile } from './reading/readImage.ts'

/** How a server keeps files. */
export interface FilesOptions {
  readonly place: BlobPlace
  readonly limits: FileLimits
  /** The most tokens of documents whose whole text goes with one message. The model searches what is longer. */
  readonly documentTokens: number
}

/** The files of a server. What reads them is loaded with the first one. */
export function createFiles(
  { place, limits }: Pick<FilesOptions, 'place' | 'limits'>,
  parts: Omit<FileServiceOptions, 'store' | 'limits' | 'readImage' | 'documents'>,
): FileService {
  let images: Promise<ReadImageFile> | undefined
  const readImage: ReadImageFile = async (bytes, mediaType) => {
    images ??= createReadImage()
    return (await images)(bytes, mediaType)
  }
  const documents = new DocumentThread(parts)
  return createFileService({ ...parts, store: createBlobStore(place), limits, readImage, documents })
}
