import './globals.css'
import './frame.css'
import { useEffect } from 'react'
import { createRoot } from 'react-dom/client'
import { createHostBridge } from '../browser/hostBridge.ts'
import { DEFAULT_LOCALE, localeChosen } from '../protocol/locale.ts'
import { composerField } from '../react/components/controls/focus.ts'
import { Chat } from '../react/embed/embeddedChat.tsx'
import { useRiacho } from '../react/embed/hooks.ts'
import { RiachoProvider } from '../react/embed/riachoProvider.tsx'

const bridge = createHostBridge(window, Date.now)

async function fetchAsPerson(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init)
  if (response.status === 401) bridge.forgetToken()
  return response
}

/** Joins the chat with the page around the frame. */
function Frame() {
  const client = useRiacho()
  useEffect(() => {
    bridge.onPersonChange(client.refresh)
    bridge.onOpen(() => composerField()?.focus())
    window.addEventListener('keydown', event => {
      if (event.key === 'Escape' && !event.defaultPrevented) bridge.close()
    })
    whenDrawn(bridge.ready)
  }, [client])
  return <Chat />
}

/** Calls once the composer is there. No frame of animation tells, because browsers give none to a frame of no size. */
function whenDrawn(work: () => void): void {
  const observer = new MutationObserver(() => {
    if (!composerField()) return
    observer.disconnect()
    work()
  })
  observer.observe(document.body, { childList: true, subtree: true })
}

document.getElementById('late')?.remove()
const root = document.getElementById('root')
if (!root) throw new Error('client-7: the document has no root')
createRoot(root).render(
  <RiachoProvider
    locale={localeChosen(document.documentElement.lang) ?? DEFAULT_LOCALE}
    token={bridge.token}
    fetch={fetchAsPerson}
  >
    <Frame />
  </RiachoProvider>,
)
