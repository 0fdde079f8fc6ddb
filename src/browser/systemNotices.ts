import { conversationPath } from './pagePaths.ts'

/** Milliseconds after which a reply is long: a person does not wait for it. */
export const LONG_REPLY = 15_000

/** Whether the person can be asked, or has allowed it. Browsers have notifications over https and on localhost only. */
export function canNotify(): boolean {
  return typeof Notification === 'function' && Notification.permission !== 'denied'
}

export function mayNotify(): boolean {
  return typeof Notification === 'function' && Notification.permission === 'granted'
}

/** Asks the person. Call it when they press something, because browsers ignore the question elsewhere. */
export async function askToNotify(): Promise<boolean> {
  if (!canNotify()) return false
  return (await Notification.requestPermission()) === 'granted'
}

interface ReplyNotice {
  title: string
  body: string
  conversationId: string
  onClick(): void
}

/** Shows a notification of the system. Two tabs with the same conversation show one notification. */
export async function notifyOfReply({ title, body, conversationId, onClick }: ReplyNotice): Promise<void> {
  if (!mayNotify()) return
  const options = { body, tag: conversationId, icon: '/icons/192.png' }
  try {
    const shown = new Notification(title, options)
    shown.onclick = () => {
      window.focus()
      shown.close()
      onClick()
    }
  } catch {
    // On Android only a service worker may show one.
    const worker = await navigator.serviceWorker?.getRegistration()
    await worker?.showNotification(title, { ...options, data: { path: conversationPath(conversationId) } })
  }
}
