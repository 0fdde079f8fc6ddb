/** Slows the clock of a page down so many times: a busy machine is late by less of it. */
export function slowClock(times: number): string {
  return `{
    const real = Date.now
    const start = real()
    Date.now = () => start + (real() - start) / ${times}
  }`
}

/** Notes what can be read of the reply when something is clicked, before the page hears of it. */
export const NOTE_CLICK = `addEventListener('click', () => {
  window.seen ??= [...document.querySelectorAll('.markdown')].at(-1)?.textContent ?? ''
}, true)`
