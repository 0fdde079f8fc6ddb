export const OVERLAY = 'overlay fixed inset-0 z-30 bg-overlay'

export const DIALOG =
  'dialog fixed top-1/2 left-1/2 z-30 w-[min(26rem,calc(100vw-2rem))] -translate-x-1/2 -translate-y-1/2 ' +
  'rounded-xl border border-line bg-surface p-5 shadow-xl'
