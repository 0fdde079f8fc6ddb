import type { Locator, Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { ask, conversation, messageField, noBrowser, paste } from '../e2e/browser.ts'
import { focused, PATIENT, soon } from '../e2e/page.ts'
import { shareWorld } from '../e2e/sharedWorld.ts'
import type { World } from '../harness/server.ts'

const PHONE = { width: 390, height: 844, isTouch: true }
/** What a finger is as wide as, in pixels. */
const FINGER = 44

const RICH = `Uma nota[^1], um [nome](https://example.com) e uma imagem:

![gato](https://example.com/gato.png)

\`\`\`ts
const rio = 1
\`\`\`

[^1]: O que a nota diz.
`

const world = shareWorld()

describe.skipIf(noBrowser)('a page that is touched', PATIENT, () => {
  test.each([
    ['a phone', PHONE],
    ['a desktop', { width: 1440, height: 900 }],
  ])('on %s nothing moves when a reply ends', async (_, screen) => {
    const { page } = await world.visit({ ...screen })
    world.upstream.replyOnce({ tokens: ['Bem. '.repeat(400)] })
    await ask(page, 'Oi')
    await ended(page)
    const gate = world.upstream.hold({ tokens: ['Um rio', ' corre.'] })
    await ask(page, 'Conte')
    await gate.next()
    await conversation(page).getByText('Um rio').waitFor()
    const before = await places(page)
    await gate.next()
    gate.open()
    await page.getByRole('button', { name: 'Detalhes da resposta' }).nth(1).waitFor()
    expect(await places(page)).toEqual(before)
  })

  test('a long reply stays at its first line on a phone, unless the person chose otherwise', async () => {
    const { page } = await world.visit({ ...PHONE })
    world.upstream.replyOnce({ tokens: ['Primeira linha.\n\n', 'Bem.\n\n'.repeat(100), 'Fim.'] })
    await ask(page, 'Conte')
    await page.getByRole('button', { name: 'Há texto novo abaixo' }).waitFor()
    await ended(page)
    const box = await conversation(page).getByText('Primeira linha.').boundingBox()
    expect(box?.y).toBeGreaterThan(0)
    expect(box?.y).toBeLessThan(PHONE.height)
  })

  test('Enter breaks the line, in a new message and in one being changed, and the button sends', async () => {
    const { page, faults } = await world.visit({ ...PHONE })
    world.upstream.reply({ tokens: ['Sim.'] })
    await messageField(page).tap()
    await page.keyboard.type('Um\nDois')
    expect(await messageField(page).inputValue()).toBe('Um\nDois')
    expect(await messageField(page).getAttribute('enterkeyhint')).toBe('enter')
    expect(await page.locator('[data-hint]').textContent()).toBe('Enter quebra a linha. O botão envia.')
    await page.getByRole('button', { name: 'Enviar mensagem' }).tap()
    await ended(page)
    expect(await page.getByRole('button', { name: 'Editar pergunta' }).isVisible()).toBe(false)
    await page.getByRole('button', { name: 'Ações da mensagem' }).tap()
    await page.getByRole('button', { name: 'Editar pergunta' }).tap()
    const changed = page.getByRole('textbox', { name: 'Editar mensagem' })
    await page.keyboard.type('\nTrês')
    expect(await changed.inputValue()).toBe('Um\nDois\nTrês')
    expect(await changed.getAttribute('enterkeyhint')).toBe('enter')
    await page.getByRole('button', { name: 'Enviar', exact: true }).tap()
    await soon(() => world.upstream.requests.length).toBe(2)
    expect(JSON.stringify(world.upstream.requests[1]?.body)).toContain('Um\\nDois\\nTrês')
    expect(faults).toEqual([])
  })

  test('what is touched and goes away leaves its place to the messages or to the title', async () => {
    const { page } = await world.visit({ ...PHONE })
    const label = () => focused(page).getAttribute('aria-label')
    const { promise: isLate, resolve: release } = Promise.withResolvers<void>()
    await page.route('**/assets/messages-*.js', async route => {
      await isLate
      await route.continue()
    })
    await page.reload()
    await page.getByRole('list', { name: 'Sugestões para começar' }).getByRole('button').first().tap()
    await soon(label).toBe('Mensagens')
    release()
    await ended(page)
    await soon(label).toBe('Mensagens')
    await page.getByRole('button', { name: /^Opções:/ }).tap()
    await page.getByRole('menuitem', { name: 'Encerrar' }).tap()
    await page.getByRole('button', { name: 'Reabrir conversa' }).tap()
    await messageField(page).waitFor()
    await soon(() => focused(page).evaluate(element => element.tagName)).toBe('H1')
    await page.goto('/c/01a20746-b67c-74bd-afcd-c3ee5055af12')
    await page.getByRole('main').getByRole('button', { name: 'Nova conversa' }).tap()
    await messageField(page).waitFor()
    await soon(() => focused(page).evaluate(element => element.tagName)).toBe('H1')
  })

  test('every target is as high as a finger, unless it is a word in a text', async () => {
    const { page, faults } = await world.visit({ ...PHONE })
    await expectTargets(page, 'start')
    await page.getByRole('button', { name: 'Abrir lista de conversas' }).click()
    await expectTargets(page, 'drawer')
    await page.getByRole('button', { name: 'Configurações' }).click()
    const settings = page.getByRole('dialog', { name: 'Configurações' })
    await settings.waitFor()
    await expectTargets(page, 'settings')
    await settings.getByRole('button', { name: 'Apagar tudo' }).click()
    await expectTargets(page, 'erasing')
    await page.reload()
    await paste(page, 'uma linha\n'.repeat(1000))
    await page.getByRole('button', { name: /^Remover/ }).waitFor()
    await expectTargets(page, 'attachment')
    await answerRichly(page, world)
    await conversation(page).locator('summary').first().click()
    await expectTargets(page, 'reply')
    await page.getByRole('button', { name: 'Resposta ruim' }).click()
    await page.getByRole('dialog').waitFor()
    await expectTargets(page, 'feedback')
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Ações da mensagem' }).click()
    await page.getByRole('button', { name: 'Editar pergunta' }).click()
    await expectTargets(page, 'edit')
    await page.getByRole('button', { name: 'Compartilhar' }).click()
    await page.getByRole('button', { name: 'Criar link' }).click()
    await page.getByLabel('Endereço do link').waitFor()
    await expectTargets(page, 'share')
    await page.goto(await page.getByLabel('Endereço do link').inputValue())
    await page.getByText('O que a nota diz.').waitFor()
    await expectTargets(page, 'shared')
    expect(faults).toEqual([])
  })

  test.each([
    { device: 'a Mac names ⌘', isTouch: false, keys: '⌘ ⇧ F' },
    {
      device: 'an iPad without a keyboard, which says that it is a Mac, names no keys',
      isTouch: true,
      keys: null,
    },
  ])('$device', async ({ isTouch, keys }) => {
    const initScript = `Object.defineProperty(navigator, 'platform', { value: 'MacIntel' })`
    const { page } = await world.visit({ width: 1024, isTouch, initScript })
    await soon(() => page.getByRole('searchbox').getAttribute('title')).toBe(keys)
    await page.getByRole('button', { name: 'Comandos', exact: true }).click()
    await page.getByRole('option', { name: 'Configurações' }).waitFor()
    const named = page.locator('[aria-keyshortcuts], [title*="⌘"], kbd').and(page.locator(':visible'))
    expect((await named.count()) > 0).toBe(keys !== null)
    expect(await page.getByRole('option', { name: 'Atalhos do teclado' }).count()).toBe(keys ? 1 : 0)
  })

  test('the title of a dialog and its close button stay while it scrolls', async () => {
    const { page } = await world.visit({ ...PHONE })
    await page.getByRole('button', { name: 'Abrir lista de conversas' }).click()
    await page.getByRole('button', { name: 'Configurações' }).click()
    const dialog = page.getByRole('dialog', { name: 'Configurações' })
    const title = dialog.getByRole('heading', { name: 'Configurações' })
    const close = dialog.getByRole('button', { name: 'Fechar' })
    await settled(dialog)
    const before = [await title.boundingBox(), await close.boundingBox()]
    const scrolled = await dialog.evaluate(box => {
      box.scrollTop = box.scrollHeight
      return box.scrollTop
    })
    expect(scrolled).toBeGreaterThan(200)
    expect([await title.boundingBox(), await close.boundingBox()]).toEqual(before)
    await close.tap()
    await dialog.waitFor({ state: 'detached' })
  })

  test('nothing lies where the screen is cut away, on its sides and below', async () => {
    const { page, context } = await world.visit({ ...PHONE })
    const session = await context.newCDPSession(page)
    const insets = { left: 48, right: 40, bottom: 30 }
    await session.send('Emulation.setSafeAreaInsetsOverride', { insets })
    await answerRichly(page, world)
    const cut = () =>
      page.evaluate(({ left, right }) => {
        const targets = document.querySelectorAll('a, button, textarea, h1, [data-messages] p')
        return [...targets]
          .map(target => ({ name: target.outerHTML.slice(0, 100), box: target.getBoundingClientRect() }))
          .filter(({ box }) => box.width > 1 && (box.left < left || box.right > innerWidth - right))
          .map(({ name }) => name)
      }, insets)
    expect(await cut()).toEqual([])
    await page.getByRole('button', { name: 'Abrir lista de conversas' }).click()
    const list = page.getByRole('dialog').getByRole('link')
    await soon(async () => (await list.first().boundingBox())?.x).toBeGreaterThanOrEqual(insets.left)
  })
})

async function answerRichly(page: Page, { upstream }: World): Promise<void> {
  upstream.replyOnce({
    reasoning: ['Pensei nisto.'],
    tokens: [RICH],
    sources: [{ url: 'https://example.com/foz', title: 'A foz' }],
  })
  await ask(page, 'Conte')
  await ended(page)
}

/** Waits until it has appeared. */
async function settled(element: Locator): Promise<void> {
  await element.evaluate(box =>
    Promise.all(box.getAnimations().map(({ finished }) => finished)).then(() => {}),
  )
}

function ended(page: Page): Promise<void> {
  return page.getByRole('button', { name: 'Detalhes da resposta' }).waitFor()
}

/** Where every message begins, and the field that one writes in. */
function places(page: Page) {
  return page.evaluate(() =>
    [...document.querySelectorAll('[data-messages] > ol > li, [data-composer]')].map(element => {
      const { top, height } = element.getBoundingClientRect()
      return [top, element.matches('[data-composer]') ? height : 0]
    }),
  )
}

async function expectTargets(page: Page, state: string): Promise<void> {
  const small = await page.evaluate(finger => {
    const layer = [...document.querySelectorAll('[role=dialog]')].at(-1) ?? document
    const targets = layer.querySelectorAll<HTMLElement>('a, button, input, textarea, summary')
    return [...targets].flatMap(target => {
      const place = target.closest('label.choice, label:has([role=switch])') ?? target
      const { width, height } = place.getBoundingClientRect()
      const style = getComputedStyle(target)
      const isWord = style.display === 'inline' && target.closest('.markdown') !== null
      if (isWord || style.visibility === 'hidden' || !target.checkVisibility() || width <= 1) return []
      return height < finger || width < 24 ? `${width} x ${height}: ${target.outerHTML.slice(0, 160)}` : []
    })
  }, FINGER)
  expect(small, state).toEqual([])
}
