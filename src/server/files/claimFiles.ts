import { RiachoError } from '../../protocol/errors.ts'
import type { Attachment } from '../../protocol/parts.ts'
import type { SendRequest } from '../../protocol/requests.ts'
import { findFile, toStoredFile } from '../database/files/files.ts'
import { keepFiles } from '../database/files/messageFiles.ts'
import type { Queries } from '../database/schema.ts'

type Requested = NonNullable<SendRequest['attachments']>

/**
 * Gives what goes with a message: texts as they are, and files as their rows have them. From now on the files stay as long as the
 * message. Throws `NOT_FOUND`, and `FILE_NOT_READY`.
 */
export async function claimFiles(
  queries: Queries,
  ownerId: string,
  requested: Requested = [],
): Promise<{ attachments: Attachment[]; fileIds: string[] }> {
  const fileIds = requested.flatMap(each => ('fileId' in each ? each.fileId : []))
  const kept = new Set(fileIds.length > 0 ? await keepFiles(queries, { ids: fileIds, ownerId }) : [])
  const attachments: Attachment[] = []
  for (const each of requested) {
    if (!('fileId' in each)) {
      attachments.push(each)
      continue
    }
    const file = await findFile(queries, { id: each.fileId, ownerId })
    if (!file) throw new RiachoError('NOT_FOUND', 'an unknown file')
    if (!kept.has(file.id)) throw new RiachoError('FILE_NOT_READY')
    attachments.push(toStoredFile(file))
  }
  return { attachments, fileIds }
}
