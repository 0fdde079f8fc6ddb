import { parseEnv } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { askSettings, envFileOf } from './askSettings.ts'

/** Plays a person who types these answers, one after the other. */
async function answered(...answers: string[]) {
  const told: string[] = []
  const settings = await askSettings({
    ask: async question => {
      const answer = answers.shift()
      if (answer === undefined) throw new Error(`no answer to ${question}`)
      return answer
    },
    tell: line => void told.push(line),
  })
  expect(answers).toEqual([])
  return { settings, told }
}

test('whoever presses Enter four times has the guide, on this machine, in a file', async () => {
  expect((await answered('', '', '', '')).settings).toEqual({})
})

test('a server for many, with OpenAI and PostgreSQL', async () => {
  const { settings } = await answered(
    '2',
    'sk-private',
    'gpt-5-mini',
    '2',
    'https://chat.example.com',
    '',
    '2',
    'postgres://riacho:password@db.example.com/riacho',
  )
  expect(settings).toEqual({
    OPENAI_API_KEY: 'sk-private',
    OPENAI_MODEL: 'gpt-5-mini',
    TRUST_PROXY: '1',
    PUBLIC_URL: 'https://chat.example.com',
    DATABASE_URL: 'postgres://riacho:password@db.example.com/riacho',
  })
})

test('what the server would refuse is asked for again, with the reason and without what was typed', async () => {
  const { settings, told } = await answered(
    '9',
    '3',
    'localhost:11434',
    'http://localhost:11434/v1',
    '',
    'two words',
    'llama3.2',
    '1',
    '1',
    '2',
    'mysql://private@db/riacho',
    'postgres://db/riacho',
  )
  expect(settings).toEqual({
    OPENAI_BASE_URL: 'http://localhost:11434/v1',
    OPENAI_MODEL: 'llama3.2',
    DATABASE_URL: 'postgres://db/riacho',
  })
  expect(told.filter(line => /^ {2}[A-Z_]+: /.test(line)).map(line => line.trim().split(':')[0])).toEqual([
    'OPENAI_BASE_URL',
    'OPENAI_MODEL',
    'DATABASE_URL',
  ])
  expect(told.join()).not.toContain('private')
})

test('who may come in: whom one invites, or who makes an account by mail', async () => {
  expect((await answered('', '', '2', '')).settings).toEqual({ ACCESS: 'invite' })
  const mail = ['smtps://ana:segredo@mail.example.com', 'Riacho <chat@example.com>']
  const { settings } = await answered('', '2', 'https://chat.example.com', '3', 'mail', ...mail, '')
  expect(settings).toEqual({
    TRUST_PROXY: '1',
    PUBLIC_URL: 'https://chat.example.com',
    ACCESS: 'accounts',
    SMTP_URL: mail[0],
    MAIL_FROM: mail[1],
  })
})

test('what is written is what Node reads', () => {
  const value = fc
    .string({ unit: 'binary-ascii', minLength: 1, maxLength: 40 })
    .filter(
      text =>
        !/[\n\r\0]/.test(text) &&
        text.trim() === text &&
        !(/'/.test(text) && /"/.test(text) && /`/.test(text)),
    )
  fc.assert(
    fc.property(value, text => {
      expect(parseEnv(envFileOf({ OPENAI_API_KEY: text }))).toEqual({ OPENAI_API_KEY: text })
    }),
  )
})
