import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { exportQuery, idParams } from '../../protocol/requests.ts'
import type { Context } from './context.ts'
import { validate } from './validate.ts'

const TYPES = { markdown: 'text/markdown; charset=utf-8', json: 'application/json; charset=utf-8' }
/** Longest file name, in characters; file systems take 255 bytes. */
const MAX_NAME = 80

/** Downloads: one conversation, or everything an owner has. */
export function exportRoutes(server: FastifyInstance, { exports, caller, clock, limits }: Context): void {
  server.get('/api/chat/conversations/:id/export', limits.whole, async (request, reply) => {
    const { id } = validate(idParams, request.params)
    const { format } = validate(exportQuery, request.query)
    const { ownerId, locale } = caller(request, reply)
    const { name, content } = await exports[format]({ id, ownerId }, locale)
    return asDownload(reply, { name, type: TYPES[format] }).send(content)
  })

  server.get('/api/chat/export', limits.whole, (request, reply) => {
    const { ownerId } = caller(request, reply)
    const name = `riacho-${new Date(clock.now()).toISOString().slice(0, 10)}.json`
    return asDownload(reply, { name, type: TYPES.json }).send(Readable.from(exports.everything(ownerId)))
  })
}

function asDownload(reply: FastifyReply, { name, type }: { name: string; type: string }): FastifyReply {
  return reply
    .type(type)
    .header('cache-control', 'no-store')
    .header('content-disposition', contentDisposition(name))
}

/** Both ways to name a file: in ASCII, and as RFC 5987 says for the rest. What no file system takes is left out. */
export function contentDisposition(name: string): string {
  const [, stem = '', ending = ''] = /^(.*?)(\.\w+)?$/s.exec(name) ?? []
  const clean = stem
    .toWellFormed()
    .replace(/[\p{C}\p{Zl}\p{Zp}/\\:*?"<>|]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .replace(/^[\s.]+|[\s.]+$/g, '')
  const file = `${[...clean].slice(0, MAX_NAME).join('').trim() || 'riacho'}${ending}`
  const ascii = file
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\x20-\x7e]/g, '_')
    .replace(/%/g, '_')
  const encoded = encodeURIComponent(file).replace(
    /['()]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`
}
