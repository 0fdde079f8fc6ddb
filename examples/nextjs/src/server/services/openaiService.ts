import { createRiacho, type RiachoOptions } from 'riacho'
import { userOf } from '../auth/session'
import { ASSISTANT } from '../config/assistant'

const { OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_MODEL } = process.env

/** Without a key and a base URL, the built-in guide answers. */
const options: RiachoOptions = {
  database: process.env.DATABASE_URL ?? 'file:./data/riacho.db',
  assistants: [ASSISTANT],
  openai: { apiKey: OPENAI_API_KEY, baseUrl: OPENAI_BASE_URL, model: OPENAI_MODEL },
  owner: userOf,
}

export const riacho = createRiacho(options)

/** The same conversations at an address of their own, because `/api/chat/send` is this app's. */
export const completo = createRiacho({ ...options, basePath: '/completo' })
