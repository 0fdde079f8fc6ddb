const KEY = 'riacho.erased'

/** Lets the page that is loaded next say that everything was erased. */
export function leaveErasedNote(): void {
  try {
    sessionStorage.setItem(KEY, '1')
  } catch {
    // Without storage the empty list has to say it.
  }
}

/** Whether everything was erased before this page was loaded. The note is then gone. */
export function takeErasedNote(): boolean {
  try {
    const isLeft = sessionStorage.getItem(KEY) !== null
    sessionStorage.removeItem(KEY)
    return isLeft
  } catch {
    return false
  }
}
