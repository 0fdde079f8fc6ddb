import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, describe, expect, test } from 'vitest'
import { ask, conversation, lastReply, noBrowser } from '../e2e/browser.ts'
import { expectAccessible, focused, PATIENT, soon } from '../e2e/page.ts'
import { shareWorld } from '../e2e/sharedWorld.ts'
import { type TestFolder, temporaryFolder } from '../harness/folder.ts'
import { openWorld } from '../harness/server.ts'

const ASSISTANTS = {
  guia: `---
order: 1
name: Guia
greeting: Aonde vamos?
starters:
  - Mostre um rio
---
Fale de viagens.
`,
  cozinha: `---
order: 2
name:
  pt-BR: Cozinha
  en: Kitchen
model: kitchen-model
greeting:
  pt-BR: O que há na geladeira?
  en: What is in the fridge?
starters:
  pt-BR:
    - Faça um pão
    - Faça uma sopa
  en:
    - Bake bread
---
Fale de comida.
`,
  revisora: `---
order: 3
name: Revisora
---
Revise textos.
`,
}

const folders: TestFolder[] = []

const world = shareWorld(async () => ({ ASSISTANTS_DIR: await folderWith(ASSISTANTS) }))

afterAll(async () => {
  for (const folder of folders) await folder[Symbol.asyncDispose]()
})

describe.skipIf(noBrowser)('assistants', PATIENT, () => {
  test('one is chosen with the arrow keys, greets in its own words, and its starter begins the conversation', async () => {
    const { page, faults } = await world.visit()
    const picker = page.getByRole('group', { name: 'Com quem você quer conversar?' })
    expect(await picker.locator('label').allInnerTexts()).toEqual(['Guia', 'Cozinha', 'Revisora'])
    expect(await picker.getByRole('radio', { name: 'Guia' }).isChecked()).toBe(true)
    await page.getByRole('heading', { name: 'Aonde vamos?' }).waitFor()
    expect(await starters(page)).toEqual(['Mostre um rio'])
    await picker.getByRole('radio', { name: 'Guia' }).press('ArrowRight')
    await page.getByRole('heading', { name: 'O que há na geladeira?' }).waitFor()
    expect(await starters(page)).toEqual(['Faça um pão', 'Faça uma sopa'])
    await expectAccessible(page, 'an assistant chosen')

    world.upstream.reply({ tokens: ['Farinha e água.'] })
    await page.getByRole('button', { name: 'Faça um pão' }).press('Enter')
    await soon(() => focused(page).getAttribute('aria-label')).toBe('Mensagem')
    await lastReply(page).getByText('Farinha e água.').waitFor()
    await conversation(page).getByText('Faça um pão').waitFor()
    expect(await picker.count()).toBe(0)
    await page.reload()
    await ask(page, 'E o sal?')
    await soon(() => world.upstream.requests.length).toBe(2)
    for (const { body } of world.upstream.requests) {
      expect(body.model).toBe('kitchen-model')
      expect(JSON.stringify(body)).toContain('Fale de comida.')
    }
    expect(faults).toEqual([])
  })

  test('one without a greeting and starters is offered all the same, and another language has its own words', async () => {
    const { page, faults } = await world.visit({ locale: 'en' })
    await page.getByText('Kitchen', { exact: true }).click()
    await page.getByRole('heading', { name: 'What is in the fridge?' }).waitFor()
    expect(await starters(page, 'Suggestions to start with')).toEqual(['Bake bread'])
    await page.getByText('Revisora', { exact: true }).click()
    await page.getByRole('heading', { name: 'How can I help?' }).waitFor()
    expect(await page.getByRole('list', { name: 'Suggestions to start with' }).count()).toBe(0)
    expect(faults).toEqual([])
  })

  test('where there is one alone, nobody is asked to choose', async () => {
    await using own = await openWorld({ ASSISTANTS_DIR: await folderWith({ guia: ASSISTANTS.guia }) })
    const { page, faults } = await world.visit({ url: own.server.url })
    await page.getByRole('heading', { name: 'Aonde vamos?' }).waitFor()
    expect(await page.getByRole('radio').count()).toBe(0)
    expect(faults).toEqual([])
  })
})

async function folderWith(assistants: Record<string, string>): Promise<string> {
  const folder = await temporaryFolder()
  folders.push(folder)
  for (const [id, text] of Object.entries(assistants)) await writeFile(join(folder.path, `${id}.md`), text)
  return folder.path
}

function starters(page: Page, name = 'Sugestões para começar'): Promise<string[]> {
  return page.getByRole('list', { name }).getByRole('button').allInnerTexts()
}
