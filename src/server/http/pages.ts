import { open, readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import Negotiator from 'negotiator'
import {
  BUILD_INDEX,
  type BuildIndex,
  CONTRAST_COOKIE,
  CONTRASTS,
  type DocumentKind,
  documentPath,
  ENCODINGS,
  type Encoding,
  manifestPath,
  THEME_COOKIE,
  THEMES,
} from '../../protocol/pages.ts'
import { type Owners, renewOwner } from '../access/session.ts'
import { ConfigProblem } from '../config/configProblem.ts'
import { localeOfRequest } from './locale.ts'

interface PageFile {
  folder: string
  /** Bytes. */
  forms: BuildIndex[string]
}

/** The files by their paths. The list is closed: no path of a request is looked up on disk. */
export type Pages = ReadonlyMap<string, PageFile>

/**
 * Reads which files the pages are made of: those of the build that `scripts/prepare.mjs` made last, and the assets of
 * earlier ones, of which open tabs have not fetched everything yet. Throws `ConfigProblem` when nothing was built.
 */
export async function openPages(dist: string): Promise<Pages> {
  try {
    const current = await readFile(join(dist, 'current'), 'utf8')
    const others = (await readdir(dist)).filter(name => name !== current)
    const earlier = await Promise.all(others.map(name => readBuild(join(dist, name)).catch(() => [])))
    const assets = earlier.flat().filter(([path]) => path.startsWith('assets/'))
    return new Map([...assets, ...(await readBuild(join(dist, current)))])
  } catch {
    throw new ConfigProblem('The pages are not built:', [
      '`npm start` does it, and `node scripts/prepare.mjs`',
    ])
  }
}

async function readBuild(folder: string): Promise<[string, PageFile][]> {
  const files: BuildIndex = JSON.parse(await readFile(join(folder, BUILD_INDEX), 'utf8'))
  return Object.entries(files).map(([path, forms]) => [path, { folder, forms }])
}

const TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.ttf': 'font/ttf',
  '.webmanifest': 'application/manifest+json',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
}

const POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "worker-src 'self'",
  "font-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'self'",
].join('; ')

const FOREVER = 'public, max-age=31536000, immutable'
const ONE_DAY = 'public, max-age=86400'
const ASK_AGAIN = 'no-cache'

/**
 * The documents, and the files that they name. A page of an owner renews the cookie; what anybody may read begins no owner.
 */
export function pageRoutes(
  server: FastifyInstance,
  { pages, owners }: { pages: Pages; owners: Owners },
): void {
  const sendChat = (request: FastifyRequest, reply: FastifyReply) => {
    renewOwner(request, reply, owners)
    return sendDocument(pages, 'chat', { request, reply })
  }
  server.get('/', sendChat)
  server.get('/c/:conversationId', sendChat)
  server.get('/s/:shareId', (request, reply) => sendDocument(pages, 'shared', { request, reply }))
  server.get('/manifest.webmanifest', (request, reply) =>
    sendFile(pages, manifestPath(localeOfRequest(request)), { request, reply, lifetime: ASK_AGAIN }),
  )
  server.get('/sw.js', (request, reply) => sendFile(pages, 'sw.js', { request, reply, lifetime: ASK_AGAIN }))
  for (const [folder, lifetime] of [
    ['assets', FOREVER],
    ['icons', ONE_DAY],
  ] as const) {
    server.get<{ Params: { name: string } }>(`/${folder}/:name`, (request, reply) =>
      sendFile(pages, `${folder}/${request.params.name}`, { request, reply, lifetime }),
    )
  }
}

interface Exchange {
  request: FastifyRequest
  reply: FastifyReply
}

/** Answers with a document in the language and the looks that the person chose. */
export function sendDocument(
  pages: Pages,
  kind: DocumentKind,
  { request, reply }: Exchange,
): Promise<FastifyReply> {
  const path = documentPath(kind, {
    locale: localeOfRequest(request),
    theme: THEMES.find(theme => theme === request.cookies[THEME_COOKIE]),
    contrast: CONTRASTS.find(contrast => contrast === request.cookies[CONTRAST_COOKIE]),
  })
  return sendFile(pages, path, { request, reply, lifetime: `private, ${ASK_AGAIN}` })
}

/** Opens the file first: one that cannot be read is an error, without the headers that would have it kept for a year. */
async function sendFile(
  pages: Pages,
  path: string,
  { request, reply, lifetime }: Exchange & { lifetime: string },
): Promise<FastifyReply> {
  const found = pages.get(path)
  if (!found) {
    reply.callNotFound()
    return reply
  }
  const { folder, forms } = found
  const accepted = new Negotiator(request.raw).encodings()
  const encodings = Object.keys(ENCODINGS) as Encoding[]
  const encoding = encodings.find(each => forms[each] !== undefined && accepted.includes(each)) ?? 'identity'
  const file = await open(join(folder, path + ENCODINGS[encoding]))
  if (encoding !== 'identity') reply.header('content-encoding', encoding)
  return reply
    .header('cache-control', lifetime)
    .header('content-length', forms[encoding])
    .header('content-security-policy', POLICY)
    .header('vary', 'accept-encoding')
    .type(TYPES[extname(path)] ?? 'application/octet-stream')
    .send(file.createReadStream())
}
