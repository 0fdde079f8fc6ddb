/** The time as a part of a file name, in order: `20261129T181500Z`. */
function stampOf(now: Date): string {
  return now.toISOString().replace(/[-:]|\.\d+/g, '')
}

/** The first name for a copy of this time that is not taken, such as `riacho-20261129T181500Z.db`. */
export function freeName(prefix: string, now: Date, isTaken: (name: string) => boolean): string {
  for (let count = 1; ; count++) {
    const name = `${prefix}-${stampOf(now)}${count === 1 ? '' : `-${count}`}.db`
    if (!isTaken(name)) return name
  }
}

/** Those of `names` that have to go so that `keep` copies stay: the oldest ones, and never the one that was just `made`. */
export function outlived(
  names: readonly string[],
  { prefix, keep, made }: { prefix: string; keep: number | undefined; made: string },
): string[] {
  if (keep === undefined) return []
  // A clock may have been set back.
  const others = names.filter(name => name !== made && isCopy(prefix, name))
  const inTime = others.toSorted((one, other) =>
    (placeOf(prefix, one) ?? '') < (placeOf(prefix, other) ?? '') ? -1 : 1,
  )
  return inTime.slice(0, Math.max(0, inTime.length - keep + 1))
}

export function isCopy(prefix: string, name: string): boolean {
  return placeOf(prefix, name) !== undefined
}

/** The place of a copy among others in time: those of one second by their number. `undefined` for any other name. */
function placeOf(prefix: string, name: string): string | undefined {
  const [, stamp, count = '1'] = /^(\d{8}T\d{6}Z)(?:-(\d+))?\.db$/.exec(name.slice(prefix.length + 1)) ?? []
  return name.startsWith(`${prefix}-`) && stamp ? `${stamp}-${count.padStart(9, '0')}` : undefined
}
