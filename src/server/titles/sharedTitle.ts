/** Follows a title while it is written. */
export interface TitleReader {
  /** The next piece of the title. */
  content(text: string): void
  /** The final title. It replaces all pieces that came before. */
  end(title: string): void
}

/**
 * A title that is being written or looked up. All readers that ask for it at the same time share one.
 * - **open**: a reader gets what was shown so far, and then each new piece.
 * - **ended**: `title` is set, and a new reader gets it at once.
 */
export class SharedTitle {
  readonly #readers = new Set<TitleReader>()
  #shown = ''
  #title: string | undefined

  /** Sends the reader what was shown so far. Returns a function that removes the reader. */
  follow(reader: TitleReader): () => void {
    if (this.#shown) reader.content(this.#shown)
    if (this.#title === undefined) this.#readers.add(reader)
    else reader.end(this.#title)
    return () => void this.#readers.delete(reader)
  }

  /**
   * `title` is the title so far. If cleaning removed something that was already shown, readers get nothing more until
   * the end.
   */
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
