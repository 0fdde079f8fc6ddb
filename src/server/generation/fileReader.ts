/** What a file holds. */
export interface FileContent {
  /** What the bytes are. */
  readonly mediaType: string
  readonly bytes: Uint8Array
}

/** Reads the files that parts of messages name, for providers that take more than text. */
export interface FileReader {
  /** `undefined` if the owner has no such file, or no longer. Throws `STORAGE_UNAVAILABLE`. */
  read(fileId: string, ownerId: string): Promise<FileContent | undefined>
}
