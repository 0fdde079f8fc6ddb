export interface Misspelling {
  /** As it stands in the environment. */
  name: string
  /** The setting that it may be meant for. */
  known: string
}

/** What a name begins with that is meant for one of the settings that begin so. */
const FAMILIES = ['OPENAI_', 'MODEL_PRICE', 'RATE_LIMIT', 'COMMIT_WINDOW', 'LOG_RETENTION']
/** Some name their variables after the program; no setting is. */
const PROGRAM = 'RIACHO_'
/** Shorter names are near to names that mean something else: `HOME` is two letters from `HOST`. */
const LONG = 8

/** The names that look like one of `settings` and are none. */
export function misspellingsOf(names: readonly string[], settings: readonly string[]): Misspelling[] {
  return names.flatMap(name => {
    if (settings.includes(name)) return []
    const upper = name.toUpperCase()
    const isOurs = upper.startsWith(PROGRAM)
    const bare = isOurs ? upper.slice(PROGRAM.length) : upper
    const family = FAMILIES.find(prefix => bare.startsWith(prefix))
    const [nearest] = settings
      .map(known => ({ known, foreign: foreignWords(bare, known), distance: distanceOf(bare, known) }))
      .filter(({ known, distance }) =>
        family ? known.startsWith(family) : isOurs || distance <= (known.length < LONG ? 1 : 2),
      )
      .sort((a, b) => a.foreign - b.foreign || a.distance - b.distance)
    return nearest ? [{ name, known: nearest.known }] : []
  })
}

/** Words of `name` that `known` does not have. */
function foreignWords(name: string, known: string): number {
  const words = known.split('_')
  return name.split('_').filter(word => !words.includes(word)).length
}

/** Letters to add, drop, change or swap with their neighbour to make `to` of `from`. */
function distanceOf(from: string, to: string): number {
  let before: number[] = []
  let row = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const isSame = from[i - 1] === to[j - 1]
      const isSwapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]
      next[j] = Math.min(
        at(row, j) + 1,
        at(next, j - 1) + 1,
        at(row, j - 1) + (isSame ? 0 : 1),
        isSwapped ? at(before, j - 2) + 1 : Infinity,
      )
    }
    before = row
    row = next
  }
  return at(row, to.length)
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity
}
