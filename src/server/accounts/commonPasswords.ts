import { RiachoError } from '../../protocol/errors.ts'

/** The most digits and signs around a common password that make no other one of it. */
const MOST_ADDED = 6
/** A shorter word between digits and signs is often there by chance. */
const SHORTEST_CORE = 4

/** Throws `PASSWORD_TOO_COMMON` for a password that somebody who guesses tries first. `about`: what the account is called. */
export type RequireUncommon = (password: string, about: readonly string[]) => Promise<void>

/** `siteUrl`: nobody may take the name of the site. */
export function createRequireUncommon(siteUrl: string): RequireUncommon {
  let known: Promise<ReadonlySet<string>> | undefined
  const ofSite = ['riacho', ...(URL.parse(siteUrl)?.hostname.split('.') ?? [])]
  return async (password, about) => {
    known ??= readList()
    const own = [...ofSite, ...about, ...about.map(word => word.split('@')[0] ?? '')].map(fold)
    if (isCommon(fold(password), await known, own)) throw new RiachoError('PASSWORD_TOO_COMMON')
  }
}

/** Loaded with the first new password, because it takes some milliseconds and megabytes. */
async function readList(): Promise<ReadonlySet<string>> {
  const { dictionary } = await import('@zxcvbn-ts/language-common')
  return new Set(dictionary['passwords-common'])
}

/** As `passwords.ts` folds it, and the list has no capitals. */
function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}

function isCommon(password: string, list: ReadonlySet<string>, own: readonly string[]): boolean {
  const unit = repeatedUnit(password)
  if (list.has(password) || unit.length < SHORTEST_CORE || list.has(unit)) return true
  const core = password.replace(/^\P{L}+|\P{L}+$/gu, '')
  if (core === '' || own.includes(core)) return true
  const added = password.length - core.length
  return core.length >= SHORTEST_CORE && added <= MOST_ADDED && list.has(core)
}

/** `abc` of `abcabcabc`. Otherwise the text itself. */
function repeatedUnit(text: string): string {
  // The place at which a text begins again within itself, written twice.
  return text.slice(0, `${text}${text}`.indexOf(text, 1))
}
