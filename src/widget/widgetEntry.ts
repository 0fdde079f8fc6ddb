import { WIDGET_FILE } from '../protocol/widget.ts'
import { type Command, Launcher } from './launcher.ts'

interface Queue {
  push(...commands: Command[]): void
}

const page = window as typeof window & { Riacho?: Command[] | Queue }
const script = document.currentScript

/** Does what was pushed before this script came, and from now on does at once what is pushed. */
function start(base: string, corner: string): void {
  const waiting = Array.isArray(page.Riacho) ? page.Riacho : []
  const launcher = new Launcher(base, corner)
  const push = (...commands: Command[]) => {
    for (const command of commands) {
      // A fault of ours must not become one of the host.
      try {
        launcher.push(command)
      } catch (error) {
        console.warn('Riacho: the widget could not do what the page asked.', error)
      }
    }
  }
  page.Riacho = { push }
  push(...waiting)
}

/** Once the page has nothing more urgent to do. Safari has no `requestIdleCallback`. */
function whenIdle(work: () => void): void {
  const wait = page.requestIdleCallback ?? ((callback: () => void) => setTimeout(callback, 1))
  if (document.body) wait(work)
  else document.addEventListener('DOMContentLoaded', () => wait(work))
}

const isThereAlready = page.Riacho !== undefined && !Array.isArray(page.Riacho)
if (script instanceof HTMLScriptElement && !isThereAlready) {
  const { url = script.src.slice(0, script.src.lastIndexOf(`/${WIDGET_FILE}`)), corner = 'end' } =
    script.dataset
  const base = url.replace(/\/+$/, '')
  whenIdle(() => start(base, corner))
}
