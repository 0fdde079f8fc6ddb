import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { adminPortuguese as texts } from '../../src/pages/admin/texts/adminPortuguese.ts'
import { CATALOGUES } from '../../src/react/i18n/catalogues.ts'
import { ask, lastReply, noBrowser } from '../e2e/browser.ts'
import { expectAccessible, PATIENT } from '../e2e/page.ts'
import { shareWorld } from '../e2e/sharedWorld.ts'
import { signedUp } from '../harness/administrator.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { freePort } from '../harness/freePort.ts'
import { account, PASSWORD } from '../harness/person.ts'
import { openWorld } from '../harness/server.ts'
import { ownProgram } from '../harness/toolServers.ts'
import { openAdmin } from '../screens/adminStates.ts'

const world = shareWorld()

describe.skipIf(noBrowser)('the pages of administrators', PATIENT, () => {
  test('who is no administrator gets the page of an unknown path', async () => {
    const { page } = await world.visit()
    for (const path of ['/admin', '/admin/people', '/nowhere']) {
      const response = await page.goto(world.server.url + path)
      expect(response?.status()).toBe(404)
      expect(await page.getByRole('heading').textContent()).toBe(CATALOGUES['pt-BR'].page.notFound)
    }
  })

  test('each section is a link, and the page says where one is', async () => {
    const { page } = await world.visit()
    await openAdmin(page, world, '/admin')
    const nav = page.getByRole('navigation', { name: texts.title })
    for (const name of Object.values(texts.sections)) {
      await nav.getByRole('link', { name }).click()
      await expect.poll(() => page.getByRole('heading', { level: 1 }).textContent()).toBe(name)
      expect(await nav.locator('[aria-current=page]').textContent()).toBe(name)
      await expect.poll(() => page.title()).toContain(name)
    }
  })

  test('an account is disabled with two presses of a key, and enabled again', async () => {
    const person = await signedUp(world.server, 'teclas@example.com')
    const { page } = await world.visit()
    await openAdmin(page, world, '/admin/people?email=teclas')
    const press = async (name: string) => {
      await page.getByRole('button', { name: `${name}: teclas@example.com` }).focus()
      await page.keyboard.press('Enter')
    }
    await press(texts.disable)
    expect((await account.read(person)).body.account).not.toBeNull()
    await page.keyboard.press('Enter')
    await page.getByText(texts.changed).waitFor()
    await page.getByText(texts.disabled, { exact: true }).waitFor()
    expect((await account.read(person)).body.account).toBeNull()
    await press(texts.enable)
    await page.getByText(texts.disabled, { exact: true }).waitFor({ state: 'detached' })
    expect((await account.signIn(person, 'teclas@example.com')).status).toBe(200)
  })

  test('a group is made, and a person put into it, by keys alone', async () => {
    await signedUp(world.server, 'grupo@example.com')
    const { page } = await world.visit()
    await openAdmin(page, world, '/admin/groups')
    const press = async (name: string) => {
      await page.getByRole('button', { name, exact: true }).focus()
      await page.keyboard.press('Enter')
    }
    await press(texts.newGroup)
    await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('name'))).toBe('name')
    await page.keyboard.type('Vendas')
    await page.getByRole('spinbutton', { name: texts.groupFields.messagesPerDay }).focus()
    await page.keyboard.type('7')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Vendas' }).waitFor()
    await page.getByText(`${texts.groupFields.messagesPerDay}: 7`).waitFor()
    await expectAccessible(page, 'groups')
    // A budget that lets no reply begin is refused with the reason.
    await press(`${texts.edit}: Vendas`)
    await page.getByRole('spinbutton', { name: texts.groupFields.tokenBudget }).fill('1')
    await press(texts.save)
    await page.getByText(/^tokenBudget: less than one reply/).waitFor()
    await page.goto(`${world.server.url}/admin/people?email=grupo`)
    const choice = page.getByRole('combobox', { name: `${texts.group}: grupo@example.com` })
    await choice.focus()
    await page.keyboard.type('Vendas')
    await press(`${texts.saveGroup}: grupo@example.com`)
    await page.getByText(texts.changed).waitFor()
    await expect.poll(() => choice.locator('option:checked').textContent()).toBe('Vendas')
    await page.goto(`${world.server.url}/admin/groups`)
    await page.getByText(texts.members(1)).waitFor()
    await press(`${texts.deleteGroup}: Vendas`)
    await page.keyboard.press('Enter')
    await page.getByText(texts.noGroups).waitFor()
  })

  test('an invitation is made and copied by keys alone, and its link says when it was used', async () => {
    await using own = await openWorld()
    const { page } = await world.visit({ url: own.server.url })
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await openAdmin(page, own, '/admin/invitations')
    await page.getByText(texts.noInvitations).waitFor()
    await page.getByRole('textbox', { name: texts.inviteEmail }).focus()
    await page.keyboard.type('convidada@example.com')
    await page.keyboard.press('Enter')
    await page.getByText(texts.inviteMade('convidada@example.com')).waitFor()
    const copy = page.getByRole('button', { name: texts.copyLink })
    await expect.poll(() => copy.evaluate(button => button === document.activeElement)).toBe(true)
    await page.keyboard.press('Enter')
    await page.getByText(texts.copied).waitFor()
    const link = await page.evaluate(() => navigator.clipboard.readText())
    expect(link).toMatch(new RegExp(`^${own.server.url}/account#join=[\\w-]{43}$`))
    await page.getByText(texts.inviteStates.open, { exact: true }).waitFor()
    await expectAccessible(page, 'invitations')
    const { page: guest } = await world.visit({ url: own.server.url })
    await guest.goto(link)
    await guest.getByLabel('Nova senha', { exact: true }).fill(PASSWORD)
    await guest.keyboard.press('Enter')
    await guest.waitForURL(`${own.server.url}/`)
    // Whoever opens the link again reads a sentence, and is asked for nothing.
    const { page: late } = await world.visit({ url: own.server.url })
    await late.goto(link)
    await late.getByText(CATALOGUES['pt-BR'].errors.LINK_INVALID).waitFor()
    expect(await late.getByRole('textbox').count()).toBe(0)
    await expectAccessible(late, 'a link that was used')
    await page.reload()
    await page.getByText(texts.inviteStates.used, { exact: true }).waitFor()
    // Another one is revoked with two presses of a key. Nothing shows its link any more.
    await page.getByRole('textbox', { name: texts.inviteEmail }).fill('outra@example.com')
    await page.keyboard.press('Enter')
    const revoke = page.getByRole('button', { name: `${texts.revoke}: outra@example.com` })
    await revoke.focus()
    await page.keyboard.press('Enter')
    await page.keyboard.press('Enter')
    await page.getByText(texts.changed).waitFor()
    await page.getByText(texts.inviteStates.revoked, { exact: true }).waitFor()
  })

  test('a conversation is read by its link, and its owner is told until they close the notice', async () => {
    await using own = await openWorld({ ADMIN_READS: 'true' })
    own.upstream.reply({ tokens: ['Fala de **jabuticaba**.'] })
    const { page: owner } = await world.visit({ url: own.server.url })
    await ask(owner, 'O que é?')
    await owner.waitForURL('**/c/*')
    await owner.getByText('jabuticaba').waitFor()
    const { page } = await world.visit({ url: own.server.url })
    await openAdmin(page, own, '/admin/people')
    const field = page.getByRole('textbox', { name: texts.readWhich })
    await field.fill('no id')
    await page.keyboard.press('Enter')
    await page.getByText(texts.readWrong).waitFor()
    await field.fill(owner.url())
    await page.keyboard.press('Enter')
    await page.getByText(texts.readTold).waitFor()
    await page.getByRole('article').getByText('jabuticaba').waitFor()
    await expectAccessible(page, 'reading a conversation')
    await owner.reload()
    const notice = owner.locator('[data-read-notice]')
    await notice.waitFor()
    expect(await notice.textContent()).toContain('Um administrador leu esta conversa em')
    await expectAccessible(owner, 'the notice')
    await notice.getByRole('button', { name: CATALOGUES['pt-BR'].readNotice.dismiss }).click()
    await notice.waitFor({ state: 'detached' })
    await owner.reload()
    await owner.getByText('jabuticaba').waitFor()
    expect(await notice.count()).toBe(0)
  })

  test('the breakers of this node are told', async () => {
    await using own = await openWorld({ PROVIDER_FAILURES: '1', MAX_ATTEMPTS: '1' })
    own.upstream.replyOnce('server-error')
    const { page: person } = await world.visit({ url: own.server.url })
    await ask(person, 'Oi')
    await person.waitForURL('**/c/*')
    const { page } = await world.visit({ url: own.server.url })
    await openAdmin(page, own, '/admin/providers')
    await page.getByRole('heading', { name: texts.providerStates }).waitFor()
    await page.getByText('UPSTREAM_ERROR').last().waitFor()
  })

  test('servers of tools are told, with what is wrong with them, and read again by a key', async () => {
    await using folder = await temporaryFolder()
    const file = join(folder.path, 'tools.yaml')
    const servers = { contas: ownProgram, longe: { url: `http://127.0.0.1:${await freePort()}/mcp` } }
    await writeFile(file, JSON.stringify({ servers }))
    await using own = await openWorld({ TOOLS_FILE: file })
    own.upstream.reply({ tokens: ['Olá.'] })
    const { page: person } = await world.visit({ url: own.server.url })
    await ask(person, 'Oi')
    await lastReply(person).getByText('Olá.').waitFor()
    const { page } = await world.visit({ url: own.server.url })
    await openAdmin(page, own, '/admin/tools')
    const lines = page.getByRole('main').getByRole('listitem')
    await lines.filter({ hasText: 'contas' }).getByText(texts.toolStates.ready).waitFor()
    await lines.filter({ hasText: 'longe' }).getByText(texts.toolStates.unreachable).waitFor()
    await expectAccessible(page, 'tools')
    await page.getByRole('button', { name: texts.readAgain }).focus()
    await page.keyboard.press('Enter')
    await lines.filter({ hasText: 'contas' }).getByText(texts.toolStates.ready).waitFor()
  })

  test('a new assistant is a new file, checked as every other one', async () => {
    await using folder = await temporaryFolder()
    await writeFile(join(folder.path, 'riacho.md'), '---\nname: Riacho\n---\nOi')
    await using own = await openWorld({ ASSISTANTS_DIR: folder.path })
    const { page } = await world.visit({ url: own.server.url })
    await openAdmin(page, own, '/admin/assistants')
    const name = page.getByRole('textbox', { name: texts.newAssistant })
    await name.fill('riacho')
    await page.keyboard.press('Enter')
    await page.getByText(texts.fileTaken).waitFor()
    await name.fill('foz')
    await page.keyboard.press('Enter')
    const field = page.getByRole('textbox', { name: texts.file('foz') })
    await field.fill('---\nmodel: a b\n---\nOi')
    await page.getByRole('button', { name: texts.save, exact: true }).click()
    await page.getByText('foz.md:2: model').waitFor()
    await field.fill('---\nname: Foz\n---\nOi')
    await page.getByRole('button', { name: texts.save, exact: true }).click()
    await page.getByText(texts.saved).waitFor()
    expect(await readFile(join(folder.path, 'foz.md'), 'utf8')).toBe('---\nname: Foz\n---\nOi')
    await page.getByRole('button', { name: `${texts.edit}: Foz` }).waitFor()
  })

  test('a figure of each day is also in a table', async () => {
    const { page } = await world.visit()
    await openAdmin(page, world, '/admin?days=30')
    const chart = page.getByRole('img', { name: texts.repliesADay })
    await chart.waitFor()
    expect(await chart.getAttribute('aria-labelledby')).toContain(' ')
    await page.getByText(texts.asTable).click()
    expect(await page.getByRole('table', { name: texts.repliesADay }).getByRole('row').count()).toBe(31)
  })

  test('a wrong file is not saved, and a right one is', async () => {
    await using folder = await temporaryFolder()
    const file = join(folder.path, 'riacho.md')
    await writeFile(file, '---\nname: Riacho\n---\nOi')
    await using own = await openWorld({ ASSISTANTS_DIR: folder.path })
    const { page } = await world.visit({ url: own.server.url })
    await openAdmin(page, own, '/admin/assistants')
    await page.getByRole('button', { name: `${texts.edit}: Riacho` }).click()
    const field = page.getByRole('textbox', { name: texts.file('riacho') })
    await field.fill('---\nname: Riacho\nmodel: a b\n---\nOi')
    await page.getByRole('button', { name: texts.save, exact: true }).click()
    await page.getByText('riacho.md:3: model').waitFor()
    await field.fill('---\nname: Foz\n---\nOi')
    await page.getByRole('button', { name: texts.save, exact: true }).click()
    await page.getByText(texts.saved).waitFor()
    expect(await readFile(file, 'utf8')).toBe('---\nname: Foz\n---\nOi')
    await page.getByRole('button', { name: `${texts.edit}: Foz` }).waitFor()
  })

  test('if the server cannot be reached, the page says so and asks again', async () => {
    const { page } = await world.visit()
    await page.route('**/api/admin/audit*', route => route.abort(), { times: 1 })
    await openAdmin(page, world, '/admin/audit')
    await page.getByText(CATALOGUES['pt-BR'].notice.unreachable).waitFor()
    await page.getByRole('button', { name: texts.again }).click()
    await page.getByRole('list', { name: texts.sections.audit }).waitFor()
  })
})
