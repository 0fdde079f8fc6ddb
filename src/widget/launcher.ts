import { localeOf } from '../protocol/locale.ts'
import { WIDGET_TEXTS } from '../protocol/texts/widgetTexts.ts'
import { type FrameMessage, type LauncherMessage, messageIn, post } from '../protocol/widget.ts'
import { type Box, drawBox } from './box.ts'

/*
 * The launcher of the widget is in one of these states:
 * - **unopened**: there is no frame.
 * - **loading**: the frame has its page on the way. Nobody sees it, and it takes no click.
 * - **open**: the frame is ready, and seen.
 * - **hidden**: the frame is ready, and not seen. What was written in it is still there.
 */
type State = 'unopened' | 'loading' | 'open' | 'hidden'

const NEXT: Record<State, readonly State[]> = {
  unopened: ['loading'],
  loading: ['open', 'unopened'],
  open: ['hidden'],
  hidden: ['open'],
}

/** Milliseconds after which a frame that is not ready is taken away, so that nothing unseen stays over the page. */
const LOAD_TIMEOUT = 10_000

/** What a host pushes. */
export interface Command {
  /** Gives a token of who is signed in, or `null`. It is called whenever the frame needs one. */
  token?: () => string | null | Promise<string | null>
  open?: boolean
}

export class Launcher {
  /** Where Riacho is: an origin, and what stands before its paths. */
  readonly #base: string
  readonly #origin: string
  readonly #box: Box
  #state: State = 'unopened'
  #frame: HTMLIFrameElement | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #token: NonNullable<Command['token']> = () => null

  constructor(base: string, corner: string) {
    this.#base = base
    this.#origin = new URL(base).origin
    const texts = WIDGET_TEXTS[localeOf([document.documentElement.lang, ...navigator.languages])]
    this.#box = drawBox(texts, { corner, onToggle: () => this.#toggle(), onClose: () => this.#close() })
    window.addEventListener('message', event => this.#take(event))
    window.addEventListener('keydown', event => {
      if (event.key === 'Escape' && !event.defaultPrevented) this.#close()
    })
  }

  /** Does what a host asks. Throws a `TypeError` for anything else. */
  push({ token, open }: Command): void {
    if (token !== undefined && typeof token !== 'function') throw new TypeError('token is not a function')
    if (token) {
      this.#token = token
      this.#post({ type: 'person-changed' })
    }
    if (open === true) this.#open()
    if (open === false) this.#close()
  }

  #setState(next: State): void {
    if (!NEXT[this.#state].includes(next))
      throw new Error(`the widget cannot go from ${this.#state} to ${next}`)
    this.#state = next
  }

  #toggle(): void {
    if (this.#state === 'open' || this.#state === 'loading') this.#close()
    else this.#open()
  }

  #open(): void {
    if (this.#state === 'hidden') this.#show()
    if (this.#state !== 'unopened') return
    this.#setState('loading')
    this.#frame = this.#box.addFrame(this.#base)
    this.#timer = setTimeout(() => {
      this.#forget()
      console.warn(
        `Riacho: the widget did not load from ${this.#base}. FRAME_ANCESTORS may lack ${location.origin}.`,
      )
    }, LOAD_TIMEOUT)
  }

  #show(): void {
    this.#setState('open')
    this.#box.show()
    this.#post({ type: 'open' })
  }

  #close(): void {
    if (this.#state === 'loading') this.#forget()
    if (this.#state !== 'open') return
    this.#setState('hidden')
    this.#box.hide()
  }

  #forget(): void {
    clearTimeout(this.#timer)
    this.#setState('unopened')
    this.#box.removeFrame()
    this.#frame = undefined
  }

  #post(message: LauncherMessage): void {
    if (this.#state === 'open' || this.#state === 'hidden') this.#send(message)
  }

  #send(message: LauncherMessage): void {
    const target = this.#frame?.contentWindow
    if (target) post(target, this.#origin, message)
  }

  #take(event: MessageEvent): void {
    const source = this.#frame?.contentWindow
    const message = source ? messageIn<FrameMessage>(event, { source, origin: this.#origin }) : undefined
    switch (message?.type) {
      case 'ready':
        if (this.#state !== 'loading') return
        clearTimeout(this.#timer)
        this.#show()
        return
      case 'token-wanted':
        void this.#giveToken()
        return
      case 'close':
        this.#close()
    }
  }

  async #giveToken(): Promise<void> {
    const source = this.#token
    let answer: LauncherMessage
    try {
      const token = await source()
      answer = { type: 'token', token: typeof token === 'string' && token !== '' ? token : null }
    } catch (error) {
      console.warn('Riacho: the page gave no token.', error)
      answer = { type: 'token-failed' }
    }
    // Somebody else may have signed in while the page was asked.
    if (source === this.#token) this.#send(answer)
    else void this.#giveToken()
  }
}
