import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { type Assistant, describeAssistant, loadAssistants } from './assistant.ts'
import { ConfigProblem } from './configProblem.ts'

const directories: string[] = []

afterEach(async () => {
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true })
})

async function load(files: Record<string, string>): Promise<Assistant[]> {
  const directory = await mkdtemp(join(tmpdir(), 'assistants-'))
  directories.push(directory)
  for (const [name, source] of Object.entries(files)) await writeFile(join(directory, name), source)
  return loadAssistants(directory, { defaultModel: 'default-model' })
}

async function problemsOf(files: Record<string, string>): Promise<string[]> {
  const error = await load(files).catch((error: unknown) => error)
  if (!(error instanceof ConfigProblem)) throw error
  return error.problems.map(problem => problem.slice(problem.lastIndexOf('/') + 1))
}

test('a file is an assistant: its name the id, its front matter the fields, its body the instructions', async () => {
  const source =
    '---\nname: Ana\nmodel: big\ntemperature: 0.5\neffort: low\n---\n\nBe kind.\n\n---\n\nBe brief.\n'
  expect(await load({ 'ana-2.md': source, 'notes.txt': 'not an assistant' })).toEqual([
    {
      id: 'ana-2',
      name: { 'pt-BR': 'Ana', en: 'Ana', es: 'Ana' },
      model: 'big',
      temperature: 0.5,
      effort: 'low',
      instructions: 'Be kind.\n\n---\n\nBe brief.',
    },
  ])
})

test('a file with a byte order mark and Windows line ends is read the same', async () => {
  const [assistant] = await load({ 'ana.md': '\uFEFF---\r\nname: Ana\r\n---\r\nBe kind.\r\n' })
  expect(assistant).toMatchObject({ id: 'ana', model: 'default-model', instructions: 'Be kind.' })
})

test('the lowest order comes first, then those without one by id', async () => {
  const file = (order: string) => `---\nname: x\n${order}\n---\nBe kind.`
  const loaded = await load({
    'a.md': file(''),
    'b.md': file('order: 2'),
    'c.md': file('order: 0'),
    'd.md': file(''),
  })
  expect(loaded.map(assistant => assistant.id)).toEqual(['c', 'b', 'a', 'd'])
})

test('name, greeting and starters are told in the language of the reader', async () => {
  const [ana, bia] = await load({
    'ana.md':
      '---\nname: {pt-BR: Ana, en: Ann}\ngreeting: Oi\nstarters: {en: [Hi], es: [Hola, Buenas]}\n---\nBe kind.',
    'bia.md': '---\nname: Bia\n---\nBe kind.',
  })
  if (!ana || !bia) throw new Error('two assistants were written')
  expect(describeAssistant(ana, 'en')).toEqual({ id: 'ana', name: 'Ann', greeting: 'Oi', starters: ['Hi'] })
  expect(describeAssistant(ana, 'es')).toEqual({
    id: 'ana',
    name: 'Ana',
    greeting: 'Oi',
    starters: ['Hola', 'Buenas'],
  })
  expect(describeAssistant(ana, 'pt-BR').starters).toEqual(['Hi'])
  expect(describeAssistant(bia, 'es')).toEqual({ id: 'bia', name: 'Bia', greeting: null, starters: [] })
})

test('every fault of every file is told with its line', async () => {
  const problems = await problemsOf({
    'Ana.md': '---\nname: Ana\n---\nBe kind.',
    'broken.md': '---\nname: "Ana\nmodel: x\n---\nBe kind.',
    'empty.md': '---\nname: Ana\n---\n\n',
    'fields.md': [
      '---',
      'name: {fr: Anne}',
      'model: two words',
      'temperature: 3',
      'effort: huge',
      'greeting: 4',
      'starters: [1, 2]',
      'order: first',
      'modle: x',
      '---',
      'Be kind.',
    ].join('\n'),
    'list.md': '---\n- name\n---\nBe kind.',
    'nameless.md': '---\nmodel: x\n---\nBe kind.',
    'plain.md': 'Be kind.',
    'seven.md': '---\nname: Ana\nstarters: [a, b, c, d, e, f, g]\n---\nBe kind.',
    'twice.md': '---\nname: Ana\nname: Bia\n---\nBe kind.',
  })
  expect(problems).toEqual([
    'Ana.md:1: the file name is the id; expected 1 to 64 of a-z, 0-9 and -',
    expect.stringMatching(/^broken\.md:\d: Missing closing "quote/),
    'empty.md:3: no instructions; expected them after the front matter',
    'fields.md:2: name: expected a text, or a map of such by pt-BR, en, es',
    'fields.md:3: model: expected the name of a model',
    'fields.md:4: temperature: expected a number from 0 to 2',
    'fields.md:5: effort: expected one of none, minimal, low, medium, high, xhigh',
    'fields.md:6: greeting: expected a text, or a map of such by pt-BR, en, es',
    'fields.md:7: starters: expected a list of at most 6 texts, or a map of such by pt-BR, en, es',
    'fields.md:8: order: expected a number',
    'fields.md:9: modle: not a field of an assistant',
    'list.md:1: expected fields, such as name: Ana',
    'nameless.md:1: name: expected a text, or a map of such by pt-BR, en, es',
    'plain.md:1: no front matter; expected it between two lines of ---',
    'seven.md:3: starters: expected a list of at most 6 texts, or a map of such by pt-BR, en, es',
    'twice.md:3: Map keys must be unique',
  ])
})

test('a missing or empty folder is a problem', async () => {
  await expect(loadAssistants('/nowhere/at/all', { defaultModel: 'x' })).rejects.toThrow(/ASSISTANTS_DIR/)
  await expect(load({})).rejects.toThrow(/no assistant; expected a \.md file/)
})

test('the assistants that come with Riacho load, in every language', async () => {
  const assistants = await loadAssistants('assistants', { defaultModel: 'default-model' })
  expect(assistants.map(assistant => assistant.id)).toEqual(['riacho', 'revisora'])
  for (const assistant of assistants) {
    for (const locale of ['pt-BR', 'en', 'es'] as const) {
      const { greeting, starters } = describeAssistant(assistant, locale)
      expect(greeting).toBeTruthy()
      expect(starters.length).toBeGreaterThanOrEqual(3)
    }
  }
})
