const HIDDEN = '[secret]'

/** Makes a function that hides these texts in others, also where they stand within JSON. */
export function createHideSecrets(secrets: readonly string[]): (text: string) => string {
  const forms = new Set(secrets.flatMap(secret => [secret, JSON.stringify(secret).slice(1, -1)]))
  // A longer one may hold a shorter one, whose rest would stay.
  const longestFirst = [...forms].sort((a, b) => b.length - a.length)
  return text => longestFirst.reduce((hidden, secret) => hidden.replaceAll(secret, HIDDEN), text)
}
