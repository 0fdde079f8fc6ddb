import type { Logger } from 'pino'
import type { ContentEvent } from '../../protocol/events.ts'
import type { Locale } from '../../protocol/locale.ts'
import type { StoredFacts } from '../../protocol/madeFiles.ts'
import type { Part } from '../../protocol/parts.ts'
import type { Clock } from '../clock.ts'
import { type FileKeeper, type Kept, keepSoon } from './fileKeeper.ts'
import type { PictureChunk } from './provider.ts'
import type { RunOptions } from './runOptions.ts'

/** The most pictures of one run. What comes beyond is left out. */
const MOST_PICTURES = 10
const LONGEST_DESCRIPTION = 1000

const NAMES: Readonly<Record<Locale, string>> = { 'pt-BR': 'imagem', en: 'picture', es: 'imagen' }

export interface PicturesOptions {
  keeper: FileKeeper
  ownerId: string
  locale: Locale
  /** The message so far. */
  parts: readonly Part[]
  /** Adds to the reply. After the end of the run it does nothing. */
  append: (event: ContentEvent) => void
  isOver: () => boolean
  clock: Clock
  logger: Logger
}

/** The pictures of a run. Absent if nobody asked for any, or if there is no place for them. */
export function picturesOf(
  { task, keeper, log, clock, logger }: RunOptions,
  { append, isOver }: Pick<PicturesOptions, 'append' | 'isOver'>,
): Pictures | undefined {
  if (!keeper || !('request' in task) || !task.request.pictures) return undefined
  const { ownerId, parts } = log
  const { locale } = task.request
  return new Pictures({
    ...{ keeper, ownerId, locale, parts, isOver, clock, logger },
    append: event => {
      if (!isOver()) append(event)
    },
  })
}

interface Picture {
  fileId: string
  name: string
  version: number
  hasEnded: boolean
  /** What is stored of it at the moment. */
  work: Promise<void> | undefined
}

/**
 * The pictures that a model makes in one run. A picture has its place in the reply from its beginning, without bytes. They are
 * stored beside the stream, which never waits for them, and named by an event once they are.
 */
export class Pictures {
  readonly #options: PicturesOptions
  readonly #pictures = new Map<number, Picture>()
  #count: number

  constructor(options: PicturesOptions) {
    this.#options = options
    this.#count = options.parts.filter(({ type }) => type === 'image').length
  }

  take(chunk: PictureChunk): void {
    if (chunk.type === 'picture-start') this.#begin(chunk.picture)
    else this.#give(chunk)
  }

  /** Resolves once nothing is being stored any more. */
  async settled(): Promise<void> {
    await Promise.all([...this.#pictures.values()].map(({ work }) => work))
  }

  /** Another request begins, which counts its pictures anew. */
  forget(): void {
    this.#pictures.clear()
  }

  #begin(number: number): void {
    const { keeper, locale, append } = this.#options
    if (this.#pictures.has(number) || this.#count >= MOST_PICTURES) return
    this.#count += 1
    const name = `${NAMES[locale]}-${this.#count}`
    const fileId = keeper.createId()
    this.#pictures.set(number, { fileId, name, version: 0, hasEnded: false, work: undefined })
    append({ type: 'file-start', fileId, name, mediaType: 'image/jpeg' })
  }

  #give(chunk: Extract<PictureChunk, { type: 'picture-data' }>): void {
    const picture = this.#pictures.get(chunk.picture)
    // A preview that comes while another one is stored is left out: the next one shows more.
    if (!picture || picture.hasEnded || (picture.work && !chunk.isLast)) return
    picture.hasEnded = chunk.isLast
    const work = (picture.work ?? Promise.resolve())
      .then(() => this.#store(picture, chunk))
      .finally(() => {
        if (picture.work === work) picture.work = undefined
      })
    picture.work = work
  }

  async #store(picture: Picture, chunk: Extract<PictureChunk, { type: 'picture-data' }>): Promise<void> {
    const { append, isOver, logger, ownerId } = this.#options
    if (isOver()) return
    const { fileId, name } = picture
    const replaces = picture.version > 0
    const made = { fileId, ownerId, name, bytes: chunk.data, replaces, mustBeImage: true }
    const kept = await keepSoon(this.#options, made)
    if (isOver()) return
    const { description } = chunk
    const told = chunk.isLast && description ? { description: cut(description) } : {}
    if ('code' in kept) {
      logger.warn({ fileId, code: kept.code }, 'a picture of a model could not be stored')
      if (chunk.isLast) append({ type: 'file-end', fileId, code: kept.code, ...told })
      return
    }
    const facts = factsOf(kept)
    picture.version += 1
    const { version } = picture
    if (chunk.isLast) append({ type: 'file-end', fileId, version, ...facts, ...told })
    else append({ type: 'file-update', fileId, version, ...facts })
  }
}

function factsOf({ file }: Extract<Kept, { file: unknown }>): StoredFacts {
  const { name, mediaType, size } = file
  const [width, height] = file.type === 'image' ? [file.width, file.height] : [0, 0]
  return { name, mediaType, size, width, height }
}

function cut(text: string): string {
  return text.slice(0, LONGEST_DESCRIPTION).toWellFormed()
}
