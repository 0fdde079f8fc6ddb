import { z } from 'zod'
import { FILE_REFUSALS, type FileRefusal } from '../../../protocol/errors.ts'
import type {
  BegunFileResponse,
  FileDetails,
  FileResponse,
  PassageResponse,
  PieceResponse,
} from '../../../protocol/fileResponses.ts'
import { count, type Fields, name, oneOf, uuid } from './shapes.ts'

const fileDetails = name(
  'FileDetails',
  z.object({
    fileId: uuid,
    name: z.string(),
    mediaType: z.string(),
    size: count,
    state: oneOf<FileDetails['state']>({ uploading: 0, reading: 0, ready: 0, refused: 0 }),
    code: oneOf<FileRefusal>(FILE_REFUSALS).optional(),
    message: z.string().describe('For people, in the language of the request.').optional(),
    width: count.optional(),
    height: count.optional(),
    pages: count.optional(),
    tokens: count.optional(),
  } satisfies Fields<FileDetails>),
)

export const begunFileResponse = name(
  'BegunFileResponse',
  z.object({ fileId: uuid, offset: count } satisfies Fields<BegunFileResponse>),
)

export const pieceResponse = name(
  'PieceResponse',
  z.object({ offset: count, file: fileDetails } satisfies Fields<PieceResponse>),
)

export const fileResponse = name(
  'FileResponse',
  z.object({ file: fileDetails } satisfies Fields<FileResponse>),
)

export const passageResponse = name(
  'PassageResponse',
  z.object({
    passage: z.object({
      fileId: uuid,
      place: count.describe('Counted from 1.'),
      name: z.string(),
      mediaType: z.string(),
      page: count.optional(),
      section: z.string().optional(),
      text: z.string(),
    } satisfies Fields<PassageResponse['passage']>),
  } satisfies Fields<PassageResponse>),
)
