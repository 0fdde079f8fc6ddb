import { z } from 'zod'
import { RiachoError } from '../../../protocol/errors.ts'
import {
  beginFileRequest,
  fileParams,
  passageParams,
  seq,
  sharedFileParams,
} from '../../../protocol/requests.ts'
import type { Caller } from '../../access/caller.ts'
import type { FileReading } from '../../files/fileService.ts'
import type { Services } from '../../services.ts'
import { type Answer, type ContentAnswer, json } from '../answer.ts'
import { contentDisposition } from '../contentDisposition.ts'
import { type Call, defineRoute, type Route } from '../defineRoute.ts'
import { begunFileResponse, fileResponse, passageResponse, pieceResponse } from '../openapi/fileSchemas.ts'
import { validate } from '../validate.ts'

type Files = NonNullable<Services['files']>

/** Routes for files of an owner: upload, look at, delete. */
export function fileRoutes({ files }: Pick<Services, 'files'>): Route[] {
  return [...uploadRoutes(files), ...readRoutes(files)]
}

function uploadRoutes(files: Files | undefined): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/api/chat/files',
      body: beginFileRequest,
      access: 'owner',
      keyScope: 'write',
      docs: {
        operation: 'beginFile',
        summary: 'Begins to upload a file.',
        answers: { 201: begunFileResponse },
      },
      async handle({ caller, body }) {
        if (!files) throw new RiachoError('FORBIDDEN', 'there is no place for files')
        return json(await files.begin(caller.ownerId, body), { status: 201 })
      },
    }),
    defineRoute({
      method: 'PATCH',
      path: '/api/chat/files/:fileId',
      params: fileParams,
      body: z.instanceof(Uint8Array),
      bodyKind: 'piece',
      access: 'owner',
      keyScope: 'write',
      docs: {
        operation: 'uploadPiece',
        summary: 'Takes a piece of a file. The answer to the last one says what the file is.',
        headers: z.object({ 'Upload-Offset': seq.describe('Where the piece begins in the file.') }),
        answers: { 200: pieceResponse },
        answerHeaders: { 'Upload-Offset': 'How many bytes the server keeps.' },
      },
      async handle(call) {
        const offset = validate(seq, call.request.header('upload-offset'), 'upload-offset')
        const { body: bytes, locale } = call
        const body = await known(files).append(fileOf(call), { offset, bytes, locale })
        return { type: 'json', headers: { 'upload-offset': String(body.offset) }, body }
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/api/chat/files/:fileId',
      params: fileParams,
      access: 'owner',
      keyScope: 'write',
      docs: {
        operation: 'deleteFile',
        summary: 'Deletes a file that no message has.',
        answers: { 204: 'nothing' },
      },
      async handle(call) {
        await known(files).remove(fileOf(call))
        return { type: 'empty' }
      },
    }),
  ]
}

function readRoutes(files: Files | undefined): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/chat/files/:fileId',
      params: fileParams,
      access: 'owner',
      keyScope: 'read',
      docs: {
        operation: 'readFile',
        summary: 'Gives the bytes of a file. HEAD tells how many of them the server keeps.',
        answers: { 200: { files: { 'application/octet-stream': z.string() } } },
      },
      async handle(call): Promise<Answer> {
        if (call.request.method !== 'HEAD') return contentOf(await known(files).open(fileOf(call)))
        const offset = await known(files).offset(fileOf(call))
        return { type: 'empty', headers: { 'upload-offset': String(offset) } }
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/api/chat/files/:fileId/details',
      params: fileParams,
      access: 'owner',
      keyScope: 'read',
      docs: {
        operation: 'describeFile',
        summary: 'Tells what a file is.',
        answers: { 200: fileResponse },
      },
      handle: async call => json(await known(files).details(fileOf(call), call.locale)),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/chat/files/:fileId/passages/:place',
      params: passageParams,
      access: 'owner',
      keyScope: 'read',
      docs: {
        operation: 'readPassage',
        summary: 'Gives a piece of the text of a document.',
        answers: { 200: passageResponse },
      },
      handle: async call => json(await known(files).passage(fileOf(call), call.params.place)),
    }),
  ]
}

/** Reads a file of a share, for whoever has its id and may read shares. */
export function sharedFileRoutes({ shares }: Pick<Services, 'shares'>): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/chat/shared/:id/files/:fileId',
      params: sharedFileParams,
      access: 'guest',
      keyScope: 'read',
      headers: { 'x-robots-tag': 'noindex' },
      docs: {
        operation: 'readSharedFile',
        summary:
          'Gives the bytes of a file that a share has. Anybody who has the id of the share can, unless the server is set otherwise.',
        answers: { 200: { files: { 'application/octet-stream': z.string() } } },
      },
      handle: async ({ params, caller }) =>
        contentOf(await shares.readFile(params.id, params.fileId, caller)),
    }),
  ]
}

/** Without a place for files there is none. */
function known(files: Files | undefined): Files {
  if (!files) throw new RiachoError('NOT_FOUND')
  return files
}

function fileOf({ params, caller }: Call<{ fileId: string }, unknown, unknown, Caller>) {
  return { id: params.fileId, ownerId: caller.ownerId }
}

/** What a browser may show in place. Everything else could run scripts, or is of no use to it. */
const INLINE: ReadonlySet<string> = new Set([
  'application/pdf',
  'image/gif',
  'image/jpeg',
  'image/png',
  'image/webp',
])

function contentOf({ name, mediaType, size, content }: FileReading): ContentAnswer {
  const isInline = INLINE.has(mediaType)
  const disposition = contentDisposition(name)
  return {
    type: 'content',
    mediaType: isInline ? mediaType : 'application/octet-stream',
    content,
    headers: {
      'content-length': String(size),
      'content-disposition': isInline ? disposition.replace(/^attachment/, 'inline') : disposition,
      'content-security-policy': "default-src 'none'; sandbox",
      'cache-control': 'private',
    },
  }
}
