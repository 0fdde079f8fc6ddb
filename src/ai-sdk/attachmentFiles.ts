import { decodeText } from '../browser/readTextFiles.ts'
import { PATHS } from '../protocol/paths.ts'
import type { SendRequest } from '../protocol/requests.ts'
import type { RiachoApiOptions } from './riachoApi.ts'
import type { RiachoUIMessage } from './uiMessage.ts'

/**
 * The files of a message: as texts, and those that Riacho has by their ids. The bytes say whether a file is a text, because the media type is a guess from its
 * name. Throws `TypeError` for a file of another kind, and `Error` for one that cannot be read.
 */
export function attachmentsOf(
  message: RiachoUIMessage,
  fetch: RiachoApiOptions['fetch'],
): Promise<NonNullable<SendRequest['attachments']>> {
  const files = message.parts.filter(part => part.type === 'file')
  return Promise.all(
    files.map(async ({ filename, url }) => {
      const fileId = STORED.exec(url)?.[1]
      if (fileId !== undefined) return { fileId }
      const name = filename ?? 'text.txt'
      const text = decodeText(await read(url, name, fetch ?? globalThis.fetch))
      if (text === null) throw new TypeError(`${name}: only files of text can be sent`)
      return { name, text }
    }),
  )
}

/** Where Riacho has a file. */
const STORED = new RegExp(`${PATHS.files}/([\\da-f-]{36})$`, 'i')

async function read(
  url: string,
  name: string,
  fetch: (url: string, init: RequestInit) => Promise<Response>,
): Promise<Uint8Array> {
  try {
    const response = await fetch(url, {})
    if (!response.ok) throw new Error(`HTTP ${response.status}`)
    return new Uint8Array(await response.arrayBuffer())
  } catch (cause) {
    throw new Error(`${name}: the file cannot be read`, { cause })
  }
}
