import { FRAME_PATH } from '../protocol/widget.ts'

/** The icons of the buttons, as paths in a square of 24. */
const ICONS = {
  open: 'M21 12a8 8 0 0 1-8 8H4l1.9-3.2A8 8 0 1 1 21 12Z',
  close: 'M6 6l12 12M18 6L6 18',
}

const STYLES = `
:host { all: initial; }
* { box-sizing: border-box; }
button {
  display: grid; place-items: center; margin: 0; padding: 0; border: 1px solid transparent; cursor: pointer;
  color: var(--riacho-on-accent, #fff); background: var(--riacho-accent, #0b6164);
}
button:focus-visible { outline: 3px solid var(--riacho-accent, #0b6164); outline-offset: 2px; }
svg { width: 28px; height: 28px; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; }
.launcher, .box {
  position: fixed; z-index: 2147483000;
  inset-inline-end: calc(20px + env(safe-area-inset-right)); bottom: calc(20px + env(safe-area-inset-bottom));
}
.launcher { width: 56px; height: 56px; border-radius: 50%; box-shadow: 0 2px 12px #0005; }
:host([data-corner="start"]) :is(.launcher, .box) {
  inset-inline: calc(20px + env(safe-area-inset-left)) auto;
}
.box {
  display: flex; flex-direction: column; overflow: hidden; border: 1px solid #8886; border-radius: 12px;
  width: min(400px, 100vw - 40px); height: min(640px, 100vh - 120px); margin-bottom: 72px;
  background: Canvas; color: CanvasText; color-scheme: light dark; box-shadow: 0 4px 24px #0006;
}
.box[hidden] { display: flex; visibility: hidden; pointer-events: none; width: 0; height: 0; border: 0; }
.bar {
  display: flex; align-items: center; justify-content: space-between; padding-inline-start: 16px;
  font: 600 16px system-ui, sans-serif; color: var(--riacho-on-accent, #fff); background: var(--riacho-accent, #0b6164);
}
.bar button { width: 44px; height: 44px; }
.bar button:focus-visible { outline-color: currentColor; outline-offset: -4px; }
iframe { flex: 1; width: 100%; border: 0; }
@media (max-width: 639px) {
  .box:not([hidden]), :host([data-corner="start"]) .box:not([hidden]) {
    inset: 0; width: auto; height: 100%; height: 100dvh; margin: 0; border: 0; border-radius: 0;
    padding-bottom: env(safe-area-inset-bottom);
  }
  .box:not([hidden]) + .launcher { visibility: hidden; }
}
@media (forced-colors: active) { button { border-color: ButtonText; } }
@media print { .launcher, .box { display: none; } }
`

export interface BoxTexts {
  title: string
  open: string
  close: string
}

export interface Box {
  /** Adds a frame with the page at `base`. The box is still not seen. */
  addFrame(base: string): HTMLIFrameElement
  removeFrame(): void
  /** Shows the box. Its frame gets the focus. */
  show(): void
  /** Hides the box, and gives the focus back to its button. */
  hide(): void
}

/** Draws the launcher into the page, in a shadow root, so that its styles and those of the host do not meet. */
export function drawBox(
  texts: BoxTexts,
  { corner, onToggle, onClose }: { corner: string; onToggle(): void; onClose(): void },
): Box {
  const host = document.createElement('div')
  host.dataset['corner'] = corner
  const root = host.attachShadow({ mode: 'open' })
  const styles = new CSSStyleSheet()
  // Not an element, because the policy of a host may allow no inline styles.
  styles.replaceSync(STYLES)
  root.adoptedStyleSheets = [styles]

  const box = dialogOf(texts, onClose)
  const launcher = buttonOf(texts.open, ICONS.open, onToggle)
  launcher.className = 'launcher'
  launcher.setAttribute('aria-haspopup', 'dialog')
  launcher.setAttribute('aria-controls', box.id)
  launcher.setAttribute('aria-expanded', 'false')
  root.append(box, launcher)
  document.body.append(host)

  let frame: HTMLIFrameElement | undefined
  const setOpen = (isOpen: boolean) => {
    box.hidden = !isOpen
    launcher.setAttribute('aria-expanded', String(isOpen))
    launcher.setAttribute('aria-label', isOpen ? texts.close : texts.open)
  }
  return {
    addFrame(base) {
      frame = document.createElement('iframe')
      frame.title = texts.title
      frame.allow = 'clipboard-write'
      const locale = document.documentElement.lang
      frame.src = `${base}${FRAME_PATH}?locale=${encodeURIComponent(locale)}#${encodeURIComponent(location.origin)}`
      box.append(frame)
      return frame
    },
    removeFrame() {
      frame?.remove()
      frame = undefined
    },
    show() {
      setOpen(true)
      frame?.focus()
    },
    hide() {
      setOpen(false)
      launcher.focus()
    },
  }
}

/** The box without its frame, hidden. */
function dialogOf(texts: BoxTexts, onClose: () => void): HTMLDivElement {
  const box = document.createElement('div')
  box.className = 'box'
  box.id = 'box'
  box.hidden = true
  box.setAttribute('role', 'dialog')
  box.setAttribute('aria-label', texts.title)
  const bar = document.createElement('div')
  bar.className = 'bar'
  bar.append(texts.title, buttonOf(texts.close, ICONS.close, onClose))
  box.append(bar)
  return box
}

function buttonOf(label: string, icon: string, onClick: () => void): HTMLButtonElement {
  const button = document.createElement('button')
  button.type = 'button'
  button.setAttribute('aria-label', label)
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.setAttribute('aria-hidden', 'true')
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path')
  path.setAttribute('d', icon)
  svg.append(path)
  button.append(svg)
  button.addEventListener('click', onClick)
  return button
}
