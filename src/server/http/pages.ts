import { open, readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import Negotiator from 'negotiator'
import { z } from 'zod'
import { ADMIN_SECTIONS } from '../../protocol/admin/adminPaths.ts'
import { RiachoError } from '../../protocol/errors.ts'
import { type Locale, localeOf } from '../../protocol/locale.ts'
import {
  ACCOUNT_PAGE,
  BUILD_INDEX,
  type BuildIndex,
  CONTRAST_COOKIE,
  CONTRASTS,
  type DocumentKind,
  documentPath,
  ENCODINGS,
  type Encoding,
  LICENSES_FILE,
  manifestPath,
  NEXT_QUERY,
  THEME_COOKIE,
  THEMES,
} from '../../protocol/pages.ts'
import { FRAME_PATH, WIDGET_FILE } from '../../protocol/widget.ts'
import type { RequestFacts } from '../access/requestFacts.ts'
import { ConfigProblem } from '../config/configProblem.ts'
import type { ContentAnswer } from './answer.ts'
import { defineRoute, type Route } from './defineRoute.ts'
import { localeOfRequest } from './locale.ts'

interface PageFile {
  folder: string
  /** The length in bytes, in each encoding. */
  forms: BuildIndex[string]
}

/** The files by their paths. The list is closed: the server never looks for the path of a request on disk. */
export type Pages = ReadonlyMap<string, PageFile>

/**
 * Lists the files of the pages: those of the last build by `scripts/prepare.mjs`, and the assets of earlier builds.
 * Open tabs may still fetch those. Throws `ConfigProblem` if nothing was built.
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
  '.svg': 'image/svg+xml; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.ttf': 'font/ttf',
  '.webmanifest': 'application/manifest+json',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
}

/** `ancestors`: who may show a document in a frame. */
const policyFor = (ancestors: readonly string[]) => `${POLICY}; frame-ancestors ${ancestors.join(' ')}`

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
].join('; ')

const FOREVER = 'public, max-age=31536000, immutable'
const FIVE_MINUTES = 'public, max-age=300'
const ONE_DAY = 'public, max-age=86400'
const ASK_AGAIN = 'no-cache'

const nameParams = z.object({ name: z.string() })
const frameQuery = z.object({ locale: z.string().optional() })

export interface PageOptions {
  files: Pages
  /** Origins whose pages may show the page of the widget in a frame. */
  frameAncestors: readonly string[]
}

/** Routes for the documents and the files that they name. A request for such a file creates no owner.
 * Long, because it is a list. */
export function pageRoutes({ files: pages, frameAncestors }: PageOptions): Route[] {
  const documentAt = (path: string, kind: DocumentKind) =>
    defineRoute({
      method: 'GET',
      path,
      access: 'page',
      // Each page without a cookie stores a session.
      limit: 'other',
      handle: ({ request, needsSignIn }) =>
        needsSignIn ? goToSignIn(request) : answerDocument(pages, kind, request),
    })
  const filesOf = (folder: string, lifetime: string) =>
    defineRoute({
      method: 'GET',
      path: `/${folder}/:name`,
      params: nameParams,
      access: 'anybody',
      handle: ({ request, params }) => answerFile(pages, `${folder}/${params.name}`, { request, lifetime }),
    })
  return [
    documentAt('/', 'start'),
    documentAt('/c/:conversationId', 'chat'),
    defineRoute({
      method: 'GET',
      path: ACCOUNT_PAGE,
      access: 'anybody',
      handle: ({ request }) => answerDocument(pages, 'account', request),
    }),
    defineRoute({
      method: 'GET',
      path: '/s/:shareId',
      access: 'anybody',
      handle: ({ request }) => answerDocument(pages, 'shared', request),
    }),
    defineRoute({
      method: 'GET',
      path: '/manifest.webmanifest',
      access: 'anybody',
      handle: ({ request, locale }) =>
        answerFile(pages, manifestPath(locale), { request, lifetime: ASK_AGAIN }),
    }),
    defineRoute({
      method: 'GET',
      path: '/sw.js',
      access: 'anybody',
      handle: ({ request }) => answerFile(pages, 'sw.js', { request, lifetime: ASK_AGAIN }),
    }),
    defineRoute({
      method: 'GET',
      path: `/${LICENSES_FILE}`,
      access: 'anybody',
      handle: ({ request }) => answerFile(pages, LICENSES_FILE, { request, lifetime: ASK_AGAIN }),
    }),
    widgetDocument(pages, frameAncestors),
    ...adminDocuments(pages),
    defineRoute({
      method: 'GET',
      path: `/${WIDGET_FILE}`,
      access: 'anybody',
      // Pages of other sites use this file.
      headers: { 'cross-origin-resource-policy': 'cross-origin' },
      handle: ({ request }) => answerFile(pages, WIDGET_FILE, { request, lifetime: FIVE_MINUTES }),
    }),
    filesOf('assets', FOREVER),
    filesOf('icons', ONE_DAY),
  ]
}

/** The pages of administrators. To everybody else they are not there. */
function adminDocuments(pages: Pages): Route[] {
  return ['/admin', ...ADMIN_SECTIONS.map(section => `/admin/${section}`)].map(path =>
    defineRoute({
      method: 'GET',
      path,
      access: 'admin',
      limit: 'other',
      handle: ({ request }) => answerDocument(pages, 'admin', request),
    }),
  )
}

/** The page in the frame of the widget. It has nobody's data, and begins no visitor. */
function widgetDocument(pages: Pages, frameAncestors: readonly string[]): Route {
  const policy = policyFor(["'self'", ...frameAncestors])
  return defineRoute({
    method: 'GET',
    path: FRAME_PATH,
    query: frameQuery,
    access: 'anybody',
    async handle({ request, query }) {
      const locale = query.locale ? localeOf([query.locale]) : localeOfRequest(request)
      const answer = await answerDocument(pages, 'widget', request, locale)
      // Browsers that know `frame-ancestors` ignore `x-frame-options`. All that Riacho supports do.
      return { ...answer, headers: { ...answer.headers, 'content-security-policy': policy } }
    },
  })
}

/**
 * Leads to the page where people sign in, and from there back. Another address, because a service worker takes what it gets at
 * `/` for the chat.
 */
function goToSignIn({ path }: RequestFacts): ContentAnswer {
  const to = path === '/' ? '' : `?${NEXT_QUERY}=${encodeURIComponent(path)}`
  return {
    type: 'content',
    status: 302,
    headers: { location: ACCOUNT_PAGE + to, 'cache-control': 'no-store' },
    mediaType: 'text/plain; charset=utf-8',
    content: '',
  }
}

/** The page that says that there is nothing, if a person may see it. */
export async function answerMissing(
  pages: Pages | undefined,
  request: RequestFacts,
): Promise<ContentAnswer | undefined> {
  const isPage = request.method === 'GET' && !request.path.startsWith('/api/')
  return pages && isPage ? answerDocument(pages, 'not-found', request) : undefined
}

/** Answers with a document in the language and the look that the person chose. */
async function answerDocument(
  pages: Pages,
  kind: DocumentKind,
  request: RequestFacts,
  locale: Locale = localeOfRequest(request),
): Promise<ContentAnswer> {
  const { cookies } = request
  const path = documentPath(kind, {
    locale,
    theme: THEMES.find(theme => theme === cookies[THEME_COOKIE]),
    contrast: CONTRASTS.find(contrast => contrast === cookies[CONTRAST_COOKIE]),
  })
  if (!pages.has(path)) throw new RiachoError('NOT_FOUND')
  const answer = await answerFile(pages, path, { request, lifetime: `private, ${ASK_AGAIN}` })
  return { ...answer, status: kind === 'not-found' ? 404 : 200 }
}

/**
 * Opens the file before it makes the headers, because the answer for a file that cannot be read must not be cached for
 * a year.
 */
async function answerFile(
  pages: Pages,
  path: string,
  { request, lifetime }: { request: RequestFacts; lifetime: string },
): Promise<ContentAnswer> {
  const found = pages.get(path)
  if (!found) throw new RiachoError('NOT_FOUND')
  const { folder, forms } = found
  const headers = { 'accept-encoding': request.header('accept-encoding') }
  const accepted = new Negotiator({ headers }).encodings()
  const encodings = Object.keys(ENCODINGS) as Encoding[]
  const encoding = encodings.find(each => forms[each] !== undefined && accepted.includes(each)) ?? 'identity'
  const file = await open(join(folder, path + ENCODINGS[encoding]))
  return {
    type: 'content',
    headers: {
      'cache-control': lifetime,
      'content-length': String(forms[encoding]),
      'content-security-policy': policyFor(["'self'"]),
      vary: 'accept-encoding',
      ...(encoding !== 'identity' && { 'content-encoding': encoding }),
    },
    mediaType: TYPES[extname(path)] ?? 'application/octet-stream',
    content: file.createReadStream(),
  }
}
