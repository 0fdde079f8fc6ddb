import { openaiOf } from '../openOptions.ts'
import { composeParts } from '../protocol/parts.ts'
import type { Env } from '../server/config/env.ts'
import { createOpenaiProvider } from '../server/providers/openai/openaiProvider.ts'
import { createOpenaiServer } from '../server/providers/openai/openaiServer.ts'
import { type Finding, fail, ok, warn } from './finding.ts'
import { reasonOf } from './site.ts'

type Openai = NonNullable<Env['openai']>

/** Milliseconds. */
const TIMEOUT = 5000
const LIST = '/models'
const correct = (setting: string) =>
  `start that server, or correct ${setting}_BASE_URL; most addresses end in /v1`

/**
 * Checks that a provider answers at the base URL. It asks for the list of models, which costs nothing. `settings`: how the
 * names of its settings begin.
 */
export async function checkAddress(openai: Openai, settings = 'OPENAI'): Promise<Finding> {
  const address = openai.baseUrl + LIST
  const { dispatcher, origin, pathOf, headers } = createOpenaiServer(openaiOf(openai))
  try {
    const {
      statusCode,
      headers: answered,
      body,
    } = await dispatcher.request({
      origin,
      path: pathOf(LIST),
      method: 'GET',
      headers: { ...headers, accept: 'application/json' },
      signal: AbortSignal.timeout(TIMEOUT),
    })
    await body.dump()
    return findingOf(address, { status: statusCode, type: String(answered['content-type']), settings })
  } catch (error) {
    return fail('address', `${address}: ${reasonOf(error)}`, correct(settings))
  } finally {
    await dispatcher.destroy()
  }
}

function findingOf(
  address: string,
  { status, type, settings }: { status: number; type: string; settings: string },
): Finding {
  const text = `${address} answers ${status}`
  if (status === 401 || status === 403)
    return fail('address', `${text}: it refuses the key`, `correct ${settings}_API_KEY`)
  if (type.includes('html')) {
    const finding = `${text} with a web page`
    return status < 400
      ? fail('address', finding, correct(settings))
      : warn('address', finding, correct(settings))
  }
  if (status >= 500) return warn('address', text, 'see the log of that server')
  // Some servers have no list of models.
  return ok('address', text)
}

/** Sends the provider one short message, without the server between. Returns why it gave no reply, without the key. */
export async function hearProvider(openai: Openai, timeout: number): Promise<string | undefined> {
  const provider = createOpenaiProvider({ ...openaiOf(openai), background: false })
  const history = [{ role: 'user', parts: composeParts({ content: 'ping' }) }] as const
  const request = { model: openai.model, instructions: '', history, locale: 'en' } as const
  const signal = AbortSignal.timeout(timeout)
  try {
    for await (const _ of provider.generate(request, signal)) return undefined
    // An abort ends a reply without an error.
    return signal.aborted ? reasonOf(signal.reason) : undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    await provider.close?.()
  }
}
