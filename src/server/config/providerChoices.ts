import type { Assistant } from './assistant.ts'
import { ConfigProblem } from './configProblem.ts'
import { FIRST_PROVIDER, type ProviderChoice } from './providers.ts'

/**
 * The assistants, each with the providers that may answer, in their order. An assistant that names none may be answered by
 * all. Throws `ConfigProblem` if one names a provider that does not exist.
 */
export function withChoices(
  assistants: readonly Assistant[],
  further: readonly { name: string; model?: string | undefined }[],
): Assistant[] {
  const known = [FIRST_PROVIDER, ...further.map(({ name }) => name)]
  const problems: string[] = []
  const result = assistants.map(assistant => {
    const { id, model } = assistant
    const named: NonNullable<Assistant['providers']> =
      assistant.providers ?? known.map(provider => ({ provider }))
    const choices: ProviderChoice[] = named.map(({ provider, model: own }) => {
      if (!known.includes(provider))
        problems.push(`${id}: providers: ${provider} is unknown; expected one of ${known.join(', ')}`)
      return { provider, model: own ?? further.find(({ name }) => name === provider)?.model ?? model }
    })
    return { ...assistant, model: choices[0]?.model ?? model, choices }
  })
  if (problems.length > 0) throw new ConfigProblem('These assistants are wrong:', problems)
  return result
}
