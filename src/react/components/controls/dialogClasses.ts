export const OVERLAY = 'overlay fixed inset-0 z-30 bg-overlay print:hidden'

export const DIALOG =
  'dialog fixed top-1/2 left-1/2 z-30 max-h-[calc(100dvh-2rem)] w-[calc(100vw-2rem)] -translate-x-1/2 -translate-y-1/2 ' +
  'overflow-y-auto overscroll-contain rounded-xl border border-line bg-surface px-5 pt-4 pb-5 shadow-xl print:hidden'
