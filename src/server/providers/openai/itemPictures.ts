import type { PictureChunk, ProviderChunk } from '../../generation/provider.ts'
import { type ItemPlace, keyOf } from './itemPlace.ts'
import { fieldsOf, type Push } from './replyReader.ts'

interface Item {
  type: unknown
  id: unknown
  result: unknown
  revised_prompt: unknown
}

/** The pictures of a response that its provider makes. */
export interface ItemPictures {
  /** An item begins. */
  begin(item: unknown, place?: ItemPlace): void
  /** A preview, as Base64. */
  preview(data: unknown, place: ItemPlace): void
  /** An item is whole. */
  end(item: unknown, place?: ItemPlace): void
  /** Takes what another reader has read of the whole response, unless events brought pictures. */
  add(chunk: PictureChunk): void
}

export function isPicture(item: unknown): boolean {
  return fieldsOf<Item>(item).type === 'image_generation_call'
}

export function isOfPicture(chunk: ProviderChunk): chunk is PictureChunk {
  return chunk.type === 'picture-start' || chunk.type === 'picture-data'
}

export function createItemPictures(push: Push): ItemPictures {
  const known: { key: unknown; hasEnded: boolean }[] = []
  let isTold = false

  /** The number of a picture. It begins where no event has said so. */
  function numberOf(place: ItemPlace, id?: unknown): number {
    const key = keyOf(place) ?? id
    const found = known.findIndex(each => each.key === key)
    if (found !== -1 && key !== undefined) return found
    isTold = true
    const picture = known.push({ key, hasEnded: false }) - 1
    push({ type: 'picture-start', picture })
    return picture
  }

  return {
    begin(item, place = {}) {
      if (isPicture(item)) numberOf(place, fieldsOf<Item>(item).id)
    },
    preview(data, place) {
      if (typeof data !== 'string' || data === '') return
      const picture = numberOf(place)
      if (!known[picture]?.hasEnded) push({ type: 'picture-data', picture, data, isLast: false })
    },
    end(value, place = {}) {
      if (!isPicture(value)) return
      const { id, result, revised_prompt: description } = fieldsOf<Item>(value)
      const picture = numberOf(place, id)
      const state = known[picture]
      if (!state || state.hasEnded || typeof result !== 'string' || result === '') return
      state.hasEnded = true
      push({
        type: 'picture-data',
        picture,
        data: result,
        isLast: true,
        ...(typeof description === 'string' && description !== '' && { description }),
      })
    },
    add(chunk) {
      if (!isTold) push(chunk)
    },
  }
}
