import type { ToldDocument } from '../../../protocol/parts.ts'
import { documentsIn } from '../../generation/documents.ts'
import type { ProviderRequest } from '../../generation/provider.ts'
import type { Failure } from './failure.ts'

/** The most bytes of all files of one request together. OpenAI takes more, and data URLs are a third longer. */
const MOST_BYTES = 20 * 1024 * 1024

export interface SentFile {
  name: string
  /** A data URL. */
  data: string
}

/** Documents that go along as files, by their ids. */
export type DocumentFiles = ReadonlyMap<string, SentFile>

export const NO_FILES: DocumentFiles = new Map()

/** Whether a history has documents for the provider as files. Most have none, and are sent in the same turn. */
export function hasDocumentFiles(request: ProviderRequest): boolean {
  return request.readFile !== undefined && given(request).length > 0
}

/** Reads the newest documents that the provider gets as files. Those that are gone, and those that are too much, are left out. */
export async function readDocumentFiles(request: ProviderRequest): Promise<DocumentFiles> {
  const { readFile } = request
  const files = new Map<string, SentFile>()
  let left = MOST_BYTES
  for (const { fileId, name, size } of given(request).toReversed()) {
    if (size > left) continue
    const file = await readFile?.(fileId)
    if (!file) continue
    left -= size
    const base64 = Buffer.from(file.bytes).toString('base64')
    files.set(fileId, { name, data: `data:${file.mediaType};base64,${base64}` })
  }
  return files
}

function given({ history }: ProviderRequest) {
  return documentsIn(history).filter(({ givenAs }) => givenAs === 'file')
}

/** What the model gets otherwise than the parts of documents say. */
export function toldOf(
  { history }: ProviderRequest,
  { files, canSearch }: { files: DocumentFiles; canSearch: boolean },
): ToldDocument[] {
  const otherwise = canSearch ? 'search' : 'none'
  return documentsIn(history).flatMap(({ fileId, text, givenAs }) => {
    const sent = files.has(fileId) ? 'file' : text !== undefined ? 'text' : otherwise
    return sent === (givenAs ?? sent) && sent !== 'none' ? [] : { fileId, givenAs: sent }
  })
}

/** Whether a server refuses a request because its model takes no files. Servers say so in many ways. */
export function isAboutFiles({ status, body = '' }: Failure): boolean {
  return (
    (status === 400 || status === 404 || status === 415 || status === 422) &&
    /\bfiles?\b|input_file|file_data|pdf|document/i.test(body)
  )
}
