/** How a file looks that is no picture, or one that cannot be shown. */
export const CARD =
  'flex max-w-full items-center gap-2 rounded-lg border border-line bg-surface px-3 py-2 pointer-coarse:py-3 text-sm'
