import { createContext, useContext, useEffect, useState } from 'react'
import { ofVersion, PATHS } from '../protocol/paths.ts'

/** How a page gets the bytes of stored files. */
export interface FileSource {
  /** The address of a file. `null`: only requests with a token get its bytes. */
  urlOf(fileId: string): string | null
  /** The bytes of a file that has no address. Rejects if the server does not give them. */
  read(fileId: string): Promise<Blob>
}

/** Files that have an address for whoever may read the page. */
export function filesAt(urlOf: (fileId: string) => string): FileSource {
  return { urlOf, read: () => Promise.reject(new Error('client-9: the file has an address')) }
}

/** By default the files of the person who reads a page of Riacho. `null`: only the names of files are known. */
export const FilesContext = createContext<FileSource | null>(filesAt(PATHS.file))

export function useFiles(): FileSource | null {
  return useContext(FilesContext)
}

/**
 * An address that shows a file. `undefined` while its bytes are fetched, and `null` if they cannot be. `version`: of a picture of a
 * reply. Until the next one is there, the one before is shown.
 */
export function useFileUrl(fileId: string, version?: number): string | null | undefined {
  const files = useFiles()
  const address = files?.urlOf(fileId) ?? null
  const direct = address === null ? null : ofVersion(address, version)
  const [fetched, setFetched] = useState<{ fileId: string; url: string | null }>()
  const isDirect = direct !== null || !files
  useEffect(() => {
    // Version 0 has no bytes yet.
    if (isDirect || !files || version === 0) return
    let url: string | undefined
    let isGone = false
    files.read(fileId).then(
      blob => {
        if (isGone) return
        url = URL.createObjectURL(blob)
        setFetched({ fileId, url })
      },
      () => isGone || setFetched({ fileId, url: null }),
    )
    return () => {
      isGone = true
      if (url) URL.revokeObjectURL(url)
    }
  }, [files, fileId, version, isDirect])
  if (isDirect) return direct
  return fetched?.fileId === fileId ? fetched.url : undefined
}
