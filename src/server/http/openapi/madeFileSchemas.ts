import { z } from 'zod'
import { FILE_REFUSALS } from '../../../protocol/errors.ts'
import type {
  FileEnd,
  FileStart,
  FileUpdate,
  KeepFailure,
  Made,
  StoredFacts,
} from '../../../protocol/madeFiles.ts'
import type { DocumentFile, GivenAs, ImageFile, StoredFile } from '../../../protocol/parts.ts'
import { count, type Fields, name, oneOf } from './shapes.ts'

export const fileFields = { fileId: z.uuid(), name: z.string(), mediaType: z.string(), size: z.int() }

const keepFailure = oneOf<KeepFailure>({ ...FILE_REFUSALS, STORAGE_UNAVAILABLE: 0 })
const version = count.describe('How often bytes were stored for it. 0: there are none.')
const description = z.string().describe('What it shows, as the model says. Untrusted.')

const made = {
  status: oneOf<NonNullable<Made['status']>>({ drawing: 0, unfinished: 0, failed: 0 })
    .describe('How far a picture of a reply is. Absent: it is all there.')
    .optional(),
  version: version.optional(),
  description: description.optional(),
  code: keepFailure.describe('Why it could not be stored.').optional(),
} satisfies Fields<Made>

export const imageFields = { width: z.int(), height: z.int(), ...made }
export const documentFields = {
  pages: z.int().optional(),
  tokens: z.int().optional(),
  givenAs: oneOf<GivenAs>({ text: 0, search: 0, file: 0 }).optional(),
}

const image = z.object({
  type: z.literal('image'),
  ...fileFields,
  ...imageFields,
} satisfies Fields<{ type: 'image' } & ImageFile>)
const document = z.object({
  type: z.literal('document'),
  ...fileFields,
  ...documentFields,
} satisfies Fields<{ type: 'document' } & DocumentFile>)

export const storedFile = name('StoredFile', z.union([image, document]) as z.ZodType<StoredFile>)

const { fileId } = fileFields
const facts = {
  name: z.string(),
  mediaType: z.string(),
  size: z.int(),
  width: z.int(),
  height: z.int(),
} satisfies Fields<StoredFacts>

/** The events of pictures that a model makes. */
export const FILE_EVENTS = {
  'file-start': name(
    'FileStart',
    z.object({ fileId, name: z.string(), mediaType: z.string() } satisfies Fields<FileStart>),
  ),
  'file-update': name('FileUpdate', z.object({ fileId, version, ...facts } satisfies Fields<FileUpdate>)),
  'file-end': name(
    'FileEnd',
    z.union([
      z.object({ fileId, version, ...facts, description: description.optional() }),
      z.object({ fileId, code: keepFailure, description: description.optional() }),
    ]) as z.ZodType<FileEnd>,
  ),
}
