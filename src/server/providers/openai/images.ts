import { callImagesIn, imagesIn } from '../../generation/history.ts'
import type { ProviderRequest } from '../../generation/provider.ts'
import type { Failure } from './failure.ts'

/** The most pictures of one request, the newest ones, and the most bytes of all of them together. Every known server takes as many. */
const MOST_IMAGES = 10
const MOST_BYTES = 20 * 1024 * 1024

/** Pictures as data URLs, by the ids of their files. */
export type Images = ReadonlyMap<string, string>

export const NO_IMAGES: Images = new Map()

/** Whether a history has pictures. Most have none, and are sent in the same turn. */
export function hasImages(request: ProviderRequest): boolean {
  return request.readFile !== undefined && imageIds(request).length > 0
}

/** Reads the newest pictures of a history. Those that are gone are left out. Throws `STORAGE_UNAVAILABLE`. */
export async function readImages(request: ProviderRequest): Promise<Images> {
  const { readFile } = request
  if (!readFile) return NO_IMAGES
  const ids = imageIds(request)
  const images = new Map<string, string>()
  let left = MOST_BYTES
  for (const id of new Set(ids.toReversed().slice(0, MOST_IMAGES))) {
    const file = await readFile(id)
    if (!file || file.bytes.length > left) continue
    left -= file.bytes.length
    images.set(id, `data:${file.mediaType};base64,${Buffer.from(file.bytes).toString('base64')}`)
  }
  return images
}

function imageIds({ history, partial = [], reply, tools = [] }: ProviderRequest): string[] {
  const withCalls = tools.length > 0
  const all = [...history.map(({ parts }) => parts), partial, reply?.parts ?? []]
  return all.flatMap(parts => [...imagesIn(parts), ...(withCalls ? callImagesIn(parts) : [])])
}

/** Whether a server refuses a request because its model takes no pictures. Servers say so in many ways. */
export function isAboutImages({ status, body = '' }: Failure): boolean {
  return (
    (status === 400 || status === 404 || status === 415 || status === 422) &&
    /image|vision|multi-?modal/i.test(body)
  )
}
