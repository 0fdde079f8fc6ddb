import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/harness/folder.ts'
import { defineAssistants } from './assistant.ts'
import { readEnv, unknownSettings } from './env.ts'
import { withChoices } from './providerChoices.ts'

const FIRST = { OPENAI_API_KEY: 'sk-first', OPENAI_MODEL: 'large', OPENAI_BACKGROUND: 'true' }
const BACKUP = { PROVIDERS: 'backup', PROVIDER_BACKUP_BASE_URL: 'http://localhost:11434/v1/' }

function problemsOf(settings: Record<string, string>): string[] {
  try {
    readEnv(settings)
  } catch (error) {
    return String((error as Error).message)
      .split('\n')
      .slice(1)
  }
  return []
}

test('a further provider has its own address and key, the bounds of the first one, and never its key', () => {
  const { further } = readEnv({ ...FIRST, ...BACKUP, OPENAI_FIRST_BYTE_TIMEOUT_MS: '3000' })
  expect(further).toMatchObject([
    {
      name: 'backup',
      baseUrl: 'http://localhost:11434/v1',
      apiKey: undefined,
      api: 'auto',
      background: false,
      firstByteTimeoutMs: 3000,
    },
  ])
  expect(JSON.stringify(further)).not.toContain('sk-first')
})

test('its key may stand in a file', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'key')
  writeFileSync(file, 'sk-backup\n')
  const settings = { ...FIRST, ...BACKUP, PROVIDER_BACKUP_API_KEY_FILE: file }
  expect(readEnv(settings).further[0]?.apiKey).toBe('sk-backup')
  expect(unknownSettings(settings)).toEqual([])
})

test('what is wrong is named, and never a value', () => {
  expect(problemsOf({ ...FIRST, PROVIDERS: 'backup' }).join()).toMatch(
    /PROVIDER_BACKUP_BASE_URL: missing; expected/,
  )
  expect(problemsOf({ ...FIRST, ...BACKUP, PROVIDER_BACKUP_API_KEY: 'sk hunter2' }).join()).toMatch(
    /PROVIDER_BACKUP_API_KEY: has a character no key has(?!.*hunter2)/,
  )
  expect(problemsOf(BACKUP).join()).toMatch(/PROVIDERS: needs a first provider/)
  expect(unknownSettings({ ...BACKUP, PROVIDER_OTHER_API_KEY: 'x', PROVIDER_BACKUP_KEY: 'x' })).toEqual([
    'PROVIDER_OTHER_API_KEY',
    'PROVIDER_BACKUP_KEY',
  ])
})

const assistantWith = (providers?: (string | Record<string, string>)[]) =>
  defineAssistants([{ id: 'ana', name: 'Ana', instructions: 'Oi', ...(providers && { providers }) }], {
    defaultModel: 'large',
  })
const FURTHER = [{ name: 'backup', model: 'small' }, { name: 'local' }]

test('an assistant that names no providers may be answered by all, in their order', () => {
  expect(withChoices(assistantWith(), FURTHER)[0]).toMatchObject({
    model: 'large',
    choices: [
      { provider: 'openai', model: 'large' },
      { provider: 'backup', model: 'small' },
      { provider: 'local', model: 'large' },
    ],
  })
})

test('an assistant may name them, their order and their models, and its model is that of the first', () => {
  expect(withChoices(assistantWith([{ local: 'tiny' }, 'openai']), FURTHER)[0]).toMatchObject({
    model: 'tiny',
    choices: [
      { provider: 'local', model: 'tiny' },
      { provider: 'openai', model: 'large' },
    ],
  })
})

test('an unknown provider is refused, and so is what is no list of providers', () => {
  expect(() => withChoices(assistantWith(['other']), FURTHER)).toThrow(/ana: providers: other is unknown/)
  for (const providers of [[], [{}], [{ a: 'x', b: 'y' }], [{ a: 'two words' }]])
    expect(() => assistantWith(providers as never)).toThrow(/assistants/)
})
