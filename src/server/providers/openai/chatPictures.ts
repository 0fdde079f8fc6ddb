import { hash } from 'node:crypto'
import { fieldsOf, type Push } from './replyReader.ts'

interface Image {
  image_url: unknown
}

const DATA_URL = /^data:image\/[\w.+-]{1,100};base64,/i

/** The pictures that OpenRouter and others put beside the text of Chat Completions. */
export interface ChatPictures {
  /** Takes `images` of a delta or of a whole message. Returns whether there was anything in it. */
  take(images: unknown): boolean
}

/**
 * Each picture comes whole, as a data URL. One that comes again is left out, because some servers repeat it at the end.
 * An address is left out too: nothing that a model says makes the server fetch anything.
 */
export function createChatPictures(push: Push): ChatPictures {
  const known = new Set<string>()
  return {
    take(images) {
      if (!Array.isArray(images)) return false
      for (const image of images) {
        const data = dataOf(image)
        const digest = data && hash('sha256', data)
        if (!data || !digest || known.has(digest)) continue
        const picture = known.size
        known.add(digest)
        push({ type: 'picture-start', picture })
        push({ type: 'picture-data', picture, data, isLast: true })
      }
      return images.length > 0
    },
  }
}

/** As Base64. */
function dataOf(image: unknown): string | undefined {
  const { image_url } = fieldsOf<Image>(image)
  const url = typeof image_url === 'string' ? image_url : fieldsOf<{ url: unknown }>(image_url).url
  const [prefix] = (typeof url === 'string' && DATA_URL.exec(url)) || []
  return prefix === undefined ? undefined : String(url).slice(prefix.length)
}
