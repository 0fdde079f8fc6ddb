import { expect, test } from 'vitest'
import { ERROR_MESSAGES } from '../../src/protocol/errorMessages.ts'
import type { Locale } from '../../src/protocol/locale.ts'
import { startServer } from '../harness/server.ts'
import { createUpstream } from '../upstream/upstream.ts'

test.each<[cookie: string, header: string, locale: Locale]>([
  ['riacho_locale=es', 'en', 'es'],
  ['riacho_locale=pt-BR', 'en', 'pt-BR'],
  ['riacho_theme=dark; riacho_locale=en', 'es', 'en'],
  ['riacho_locale=xx', 'es', 'es'],
  ['riacho_locale=', 'en', 'en'],
  ['riacho_locale=%E0%A4%A', 'en', 'en'],
  ['riacho_locale=__proto__', 'en', 'en'],
  ['other=es', 'en', 'en'],
])('with %s and Accept-Language %s messages are in %s', async (cookie, header, locale) => {
  await using server = await startServer({ upstream: { url: 'http://127.0.0.1:9/v1' } })
  const answer = await server.client().get('/api/chat/x', { cookie, 'accept-language': header })
  expect(answer.body.message).toBe(ERROR_MESSAGES[locale].NOT_FOUND)
})

test('the end of a reply, and a refusal before any route, are in the chosen language', async () => {
  await using upstream = await createUpstream()
  upstream.reply('unauthorized')
  await using server = await startServer({ upstream })
  const chosen = { cookie: 'riacho_locale=es', 'accept-language': 'en' }
  await using stream = await server.client().send({ content: 'Oi' }, chosen)
  expect((await stream.end()).message).toBe(ERROR_MESSAGES.es.UPSTREAM_AUTH)
  const headers = { ...chosen, 'sec-fetch-site': 'cross-site' }
  const refused = await server.client().post('/api/chat/send', { content: 'Oi' }, headers)
  expect(refused.body.message).toBe(ERROR_MESSAGES.es.FORBIDDEN)
})

test.each<[locale: Locale, noModel: RegExp, connect: RegExp]>([
  ['pt-BR', /^Nenhum modelo está conectado\./, /conecto um modelo/],
  ['en', /^No model is connected\./, /connect a model/],
  ['es', /^No hay ningún modelo conectado\./, /conecto un modelo/],
])(
  'in %s the guide says at once that no model is connected, and no assistant with a model asks how to',
  async (locale, noModel, connect) => {
    const startOf = async (options: Parameters<typeof startServer>[0]) => {
      await using server = await startServer(options)
      const { body } = await server
        .client()
        .get('/api/chat/assistants', { cookie: `riacho_locale=${locale}` })
      return body.assistants.map(({ greeting, starters }) => ({
        greeting,
        starters: starters.join('\n'),
      }))
    }
    const [guide, ...others] = await startOf({})
    expect(guide?.greeting).toMatch(noModel)
    expect(guide?.starters).toMatch(connect)
    expect(others).toEqual([])
    for (const assistant of await startOf({ upstream: { url: 'http://127.0.0.1:9/v1' } })) {
      expect(assistant.greeting).not.toMatch(noModel)
      expect(assistant.starters).not.toMatch(connect)
    }
  },
)
