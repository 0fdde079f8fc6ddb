import { createOpenAI } from '@ai-sdk/openai'

export const model = createOpenAI({ baseURL: process.env['OPENAI_BASE_URL'], apiKey: 'bench' }).responses(
  'bench',
)
