import { z } from 'zod'
import { exportQuery, idParams } from '../../../protocol/requests.ts'
import type { Services } from '../../services.ts'
import { defineRoute, keyOf, type Route } from '../defineRoute.ts'
import { wholeIfShort } from '../jsonPieces.ts'
import { conversationExport, ownerExport } from '../openapi/responseSchemas.ts'

const MEDIA_TYPES = {
  markdown: 'text/markdown; charset=utf-8',
  zip: 'application/zip',
  json: 'application/json; charset=utf-8',
}

/** Downloads of one conversation, or of everything that an owner has. */
export function exportRoutes({ exports, clock }: Pick<Services, 'exports' | 'clock'>): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/chat/conversations/:id/export',
      params: idParams,
      query: exportQuery,
      limit: 'wholeConversation',
      access: 'owner',
      keyScope: 'read',
      docs: {
        operation: 'exportConversation',
        summary: 'Exports a conversation as a file.',
        answers: {
          200: {
            files: {
              'application/json': conversationExport,
              'text/markdown': z.string(),
              'application/zip': z.string(),
            },
          },
        },
      },
      async handle(call) {
        const { format } = call.query
        const mediaType = MEDIA_TYPES[format]
        if (format === 'zip') {
          const { name, content } = await exports.zip(keyOf(call), call.locale)
          return { type: 'content', mediaType, content, saveAs: name }
        }
        const { name, content } = await exports[format](keyOf(call), call.locale)
        return { type: 'content', mediaType, content: await wholeIfShort(content), saveAs: name }
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/api/chat/export',
      limit: 'wholeConversation',
      access: 'owner',
      keyScope: 'read',
      docs: {
        operation: 'exportEverything',
        summary: 'Exports everything that the caller has as a file.',
        answers: { 200: { files: { 'application/json': ownerExport } } },
      },
      handle({ caller }) {
        const saveAs = `riacho-${new Date(clock.now()).toISOString().slice(0, 10)}.json`
        const content = exports.everything(caller.ownerId)
        return { type: 'content', mediaType: MEDIA_TYPES.json, content, saveAs }
      },
    }),
  ]
}
