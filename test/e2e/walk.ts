import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import type { Locale } from '../../src/protocol/locale.ts'
import { CATALOGUES } from '../../src/react/i18n/catalogues.ts'
import type { World } from '../harness/server.ts'
import { ask, conversation, lastReply } from './browser.ts'
import { focused, soon } from './page.ts'
import type { SharedWorld } from './sharedWorld.ts'

export type Look = readonly [width: number, colorScheme: 'light' | 'dark', locale: Locale]

const NOTE_VIOLATIONS = `
  window.violations = []
  addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
    window.violations.push(violatedDirective + ' ' + blockedURI)
  })`

/** Does everything one does with a conversation, one after the other, and looks at the page after each step. */
export async function walkThrough(world: SharedWorld, [width, colorScheme, locale]: Look): Promise<void> {
  const { page, faults } = await world.visit({
    width,
    height: width < 500 ? 844 : 1200,
    colorScheme,
    locale,
    initScript: NOTE_VIOLATIONS,
  })
  const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  expect(background).toBe(colorScheme === 'light' ? 'rgb(250, 249, 245)' : 'rgb(15, 21, 22)')
  expect(await page.locator('html').getAttribute('lang')).toBe(locale)
  const walk: Walk = {
    page,
    world,
    t: CATALOGUES[locale],
    check: async step => {
      await soon(() => brokenIn(page)).toEqual([])
      expect(faults, step).toEqual([])
    },
  }
  await walk.check('start')
  await sendAndRead(walk)
  await stop(walk)
  await editAndBranch(walk)
  await search(walk)
  await share(walk)
  await settings(walk)
  await deleteAndUndo(walk)
}

interface Walk {
  page: Page
  world: World
  t: (typeof CATALOGUES)[Locale]
  /** Fails when the page does not fit, has lost the keyboard, or has said that something is wrong. */
  check(step: string): Promise<void>
}

async function sendAndRead({ page, world, t, check }: Walk): Promise<void> {
  const gate = world.upstream.hold({
    tokens: ['# Rios\n\n', `| a | b |\n|---|---|\n| 1 | ${'longo'.repeat(60)} |\n\n`, 'Fim.'],
  })
  await ask(page, 'Rios?')
  await page.getByText(t.message.writing).waitFor()
  await check('waiting')
  await gate.next()
  await lastReply(page).getByRole('heading', { name: 'Rios' }).waitFor()
  await check('streaming')
  gate.open()
  await lastReply(page).getByText('Fim.').waitFor()
  await lastReply(page).getByRole('button', { name: t.details.title }).waitFor()
  await check('complete')
}

async function stop({ page, world, t, check }: Walk): Promise<void> {
  const gate = world.upstream.hold({ tokens: ['Um começo', ' nunca'] })
  await ask(page, 'Mares?')
  await gate.next()
  await lastReply(page).getByText('Um começo').waitFor()
  await page.getByRole('button', { name: t.composer.stop }).click()
  await lastReply(page).getByText(t.message.stopped).waitFor()
  gate.open()
  await check('stopped')
}

async function editAndBranch({ page, world, t, check }: Walk): Promise<void> {
  const last = conversation(page).locator('> ol > li').nth(2)
  await last.hover()
  await last.getByRole('button', { name: t.actions.edit }).click()
  const field = page.getByRole('textbox', { name: t.edit.label })
  await check('editing')
  world.upstream.replyOnce({ tokens: ['O oceano.'] })
  await field.fill('Oceanos?')
  await field.press('Enter')
  await lastReply(page).getByText('O oceano.').waitFor()
  await lastReply(page).getByRole('button', { name: t.details.title }).waitFor()
  await check('branched')
  await page.getByRole('button', { name: t.version.previous }).click()
  await lastReply(page).getByText('Um começo').waitFor()
  await check('the first branch')
}

async function search({ page, t, check }: Walk): Promise<void> {
  await page.keyboard.press('Control+Shift+F')
  await soon(() => focused(page).getAttribute('type')).toBe('search')
  await page.keyboard.type('oceano.')
  const hit = page.locator('[data-hit]:visible', { hasText: t.search.reply })
  await hit.waitFor()
  await check('found')
  await hit.click()
  await lastReply(page).getByText('O oceano.').waitFor()
  await soon(() => focused(page).getAttribute('data-message')).toBe(new URL(page.url()).hash.slice(1))
  await check('at the hit')
}

async function share({ page, t, check }: Walk): Promise<void> {
  const open = page.getByRole('banner').getByRole('button', { name: t.menu.share })
  await open.click()
  const dialog = page.getByRole('dialog', { name: t.share.title })
  await dialog.getByRole('button', { name: t.share.create }).click()
  await dialog.getByText(t.share.created).waitFor()
  await check('shared')
  await page.keyboard.press('Escape')
  await soon(() => focused(page).getAttribute('aria-label')).toBe(t.menu.share)
  await check('sharing closed')
}

async function settings({ page, t, check }: Walk): Promise<void> {
  await openList(page, t)
  await page.getByRole('button', { name: t.list.settings }).locator('visible=true').click()
  const dialog = page.getByRole('dialog', { name: t.settings.title })
  await dialog.getByRole('switch', { name: t.settings.contrast }).press('Space')
  await soon(() => page.locator('html').getAttribute('data-contrast')).toBe('high')
  await check('settings')
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  await check('settings closed')
}

async function deleteAndUndo({ page, t, check }: Walk): Promise<void> {
  if (await page.getByRole('button', { name: t.list.close }).isVisible()) await page.keyboard.press('Escape')
  const path = new URL(page.url()).pathname
  await page
    .getByRole('banner')
    .getByRole('button', { name: `${t.menu.label}: Rios?` })
    .click()
  await page.getByRole('menuitem', { name: t.menu.remove }).click()
  const undo = page.getByRole('button', { name: t.undo.undo })
  await undo.waitFor()
  await soon(() => new URL(page.url()).pathname).toBe('/')
  await check('deleted')
  await undo.click()
  await soon(() => new URL(page.url()).pathname).toBe(path)
  await lastReply(page).getByText('O oceano.').waitFor()
  await check('undone')
}

/** On a phone the list is a drawer. */
async function openList(page: Page, t: Walk['t']): Promise<void> {
  const open = page.getByRole('button', { name: t.list.open })
  if (await open.isVisible()) await open.click()
}

/** What does not fit, is not focused, or was refused. */
function brokenIn(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const broken = [...(window as unknown as { violations: string[] }).violations]
    for (const box of document.querySelectorAll(
      'html, header, nav, main, [data-messages], [role="dialog"]',
    )) {
      const { scrollWidth, clientWidth } = box
      if (scrollWidth > clientWidth) broken.push(`${box.tagName}: ${scrollWidth} px in ${clientWidth}`)
    }
    for (const control of document.querySelectorAll('button, a, input:not(.sr-only), textarea')) {
      const { left, right } = control.getBoundingClientRect()
      const isSeen = control.checkVisibility() && !control.closest('.markdown')
      if (isSeen && (left < 0 || right > innerWidth)) broken.push(`cut off: ${control.outerHTML}`)
    }
    const element = document.activeElement
    if (!element || element === document.body) broken.push('nothing has the keyboard')
    else if (element.closest('[inert], [aria-hidden="true"]'))
      broken.push('what nobody sees has the keyboard')
    return broken
  })
}
