/** Told of a title as it is written. */
export interface TitleReader {
  /** More of it. */
  content(text: string): void
  /** The conversation's title, whatever came before. */
  end(title: string): void
}

/**
 * A title that is being written, or looked up: one for all that ask for it at a time.
 * - **open**: readers get what is shown of it, and what is shown next.
 * - **ended**: `title` is set, and readers that come get it at once.
 */
export class TitleWriting {
  readonly #readers = new Set<TitleReader>()
  #shown = ''
  #title: string | undefined

  /** Gives the reader what was shown so far. Returns what takes it away again. */
  follow(reader: TitleReader): () => void {
    if (this.#shown) reader.content(this.#shown)
    if (this.#title === undefined) this.#readers.add(reader)
    else reader.end(this.#title)
    return () => void this.#readers.delete(reader)
  }

  /** `title` is the title so far. When cleaning took back some of what was shown, readers wait for the end. */
  show(title: string): void {
    if (!title.startsWith(this.#shown) || title === this.#shown) return
    const content = title.slice(this.#shown.length)
    this.#shown = title
    for (const reader of this.#readers) reader.content(content)
  }

  end(title: string): void {
    if (this.#title !== undefined) throw new Error('a title ended twice')
    this.#title = title
    for (const reader of this.#readers) reader.end(title)
  }
}
