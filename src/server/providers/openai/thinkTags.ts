const TAGS = ['think', 'thinking'] as const

/** Where the two kinds of text go. */
interface Told {
  text(text: string): void
  reasoning(text: string): void
}

/**
 * Separates a `<think>` block at the beginning of a reply from its text. Some servers leave the block in the text. The
 * text may come cut anywhere.
 *
 * - **beginning**: all that came may still be an opening tag. It is held.
 * - **thinking**: the closing tag has not come. What may be its beginning is held, and the white space before it.
 * - **answering**: the white space after the closing tag is dropped.
 * - **open**: all that comes is text.
 */
export class ThinkTags {
  #state: 'beginning' | 'thinking' | 'answering' | 'open' = 'beginning'
  #held = ''
  #closing = ''
  #hasThought = false
  readonly #to: Told

  constructor(to: Told) {
    this.#to = to
  }

  write(text: string): void {
    if (this.#state === 'open') this.#to.text(text)
    else {
      this.#held += text
      while (this.#step());
    }
  }

  /** No more text comes, or no more of it is a tag. */
  end(): void {
    if (this.#state === 'thinking') this.#think(this.#held.trimEnd())
    else if (this.#state === 'beginning' && this.#held) this.#to.text(this.#held)
    this.#held = ''
    this.#state = 'open'
  }

  /** Takes one state's part of what is held. Returns whether the next state can take another. */
  #step(): boolean {
    switch (this.#state) {
      case 'beginning':
        return this.#begin()
      case 'thinking':
        return this.#continueThought()
      case 'answering':
        this.#held = this.#held.trimStart()
        if (this.#held === '') return false
        this.#state = 'open'
        return true
      case 'open':
        if (this.#held) this.#to.text(this.#held)
        this.#held = ''
        return false
    }
  }

  #begin(): boolean {
    const start = this.#held.trimStart()
    const lower = start.toLowerCase()
    const tag = TAGS.find(name => lower.startsWith(`<${name}>`))
    if (!tag && TAGS.some(name => `<${name}>`.startsWith(lower))) return false
    this.#state = tag ? 'thinking' : 'open'
    if (tag) {
      this.#held = start.slice(tag.length + 2)
      this.#closing = `</${tag}>`
    }
    return true
  }

  #continueThought(): boolean {
    const end = this.#held.search(new RegExp(this.#closing, 'i'))
    if (end !== -1) {
      this.#think(this.#held.slice(0, end).trimEnd())
      this.#held = this.#held.slice(end + this.#closing.length)
      this.#state = 'answering'
      return true
    }
    const sure = this.#held.slice(0, unsureFrom(this.#held, this.#closing)).trimEnd()
    this.#think(sure)
    this.#held = this.#held.slice(sure.length)
    return false
  }

  #think(text: string): void {
    const thought = this.#hasThought ? text : text.trimStart()
    if (!thought) return
    this.#hasThought = true
    this.#to.reasoning(thought)
  }
}

/** Where the last `<` is, if all from there on may be the beginning of `tag`. Otherwise the end. */
function unsureFrom(text: string, tag: string): number {
  const from = text.lastIndexOf('<')
  return from !== -1 && tag.startsWith(text.slice(from).toLowerCase()) ? from : text.length
}
