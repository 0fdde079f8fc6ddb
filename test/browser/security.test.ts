import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { attacksOn } from '../../src/react/markdown/testing/attacks.ts'
import { ask, lastReply, noBrowser, written } from '../e2e/browser.ts'
import { soon } from '../e2e/page.ts'
import { shareWorld } from '../e2e/sharedWorld.ts'

/** What a page would do if an attack worked, or was only just kept from working. */
const ALARMS = `
  window.alarms = []
  window.alert = message => window.alarms.push('alert ' + message)
  addEventListener('securitypolicyviolation', event => window.alarms.push('kept from ' + event.blockedURI))
`
/** The last reply: what is set and drawn in it comes after all that came before. */
const HARMLESS = ['$x^2$\n\n', '```mermaid\ngraph TD\nA-->B\n```\n\n', 'Fim.']

/** TeX that moves what it sets to where something else is. */
const RESTLESS = [
  `\\rlap{\\text{${'direita '.repeat(18)}}}`,
  `\\llap{\\text{${'esquerda '.repeat(16)}}}`,
  '\\hspace{-100em}\\text{fora}',
  '\\kern-40em\\text{fora}',
  '\\raisebox{30em}{\\text{alto}}',
  '\\smash{\\raisebox{15em}{\\text{alto}}}',
  '\\smash{\\raisebox{-15em}{\\text{baixo}}}',
  '\\smash{\\rule[10em]{20em}{4em}}',
  '\\rule{90em}{90em}',
  '\\begin{matrix}a\\\\[-40em]b\\end{matrix}',
]

const world = shareWorld()

describe.skipIf(noBrowser)('what a model writes', () => {
  test('runs nothing, loads nothing and sends nothing, while it arrives and afterwards', async () => {
    await using door = await openDoor()
    const { page, context, faults } = await world.visit({ initScript: ALARMS })
    const dialogs: string[] = []
    page.on('dialog', dialog => {
      dialogs.push(dialog.message())
      void dialog.dismiss()
    })
    const asked: string[] = []
    let images = 0
    context.on('request', request => {
      const { protocol, origin } = new URL(request.url())
      if (protocol.startsWith('http') && origin !== world.server.url) asked.push(request.url())
    })
    for (const [index, attacks] of batchesOf(Object.values(attacksOn(door.origin))).entries()) {
      world.upstream.replyOnce({ tokens: `${attacks}\n\n\nFim ${index}.`.match(/[\s\S]{1,11}/g) ?? [] })
      await ask(page, 'Ataque.')
      await lastReply(page).getByText(`Fim ${index}.`).waitFor()
      await written(page)
      for (const image of await lastReply(page).locator('.image > button').all()) {
        await image.click()
        await lastReply(page).getByRole('link', { name: 'Abrir em outra aba' }).first().waitFor()
        images++
      }
      await expectHarmless(page)
    }
    expect(images).toBeGreaterThan(5)
    world.upstream.replyOnce({ tokens: HARMLESS })
    await ask(page, 'Nada de mau.')
    await lastReply(page).locator('.katex').waitFor()
    await lastReply(page).locator('.diagram img').waitFor()

    await page.reload()
    await lastReply(page).locator('.diagram img').waitFor()

    expect(await page.evaluate('window.alarms')).toEqual([])
    expect(dialogs).toEqual([])
    expect(asked).toEqual([])
    await expectHarmless(page)
    expect(faults).toEqual([])
    expect(door.visits()).toBe(0)
    await door.knock()
    expect(door.visits()).toBe(1)
  }, 240_000)

  test.each([1280, 390])('paints no formula outside its block, on a screen of %i pixels', async width => {
    const { page } = await world.visit({ width, height: 900 })
    const formulas = RESTLESS.map((tex, index) => `Fórmula ${index}: $${tex}$ fim.`)
    world.upstream.replyOnce({
      tokens: [...formulas, `$$${RESTLESS[0]}$$`, 'Pronto.'].map(each => `${each}\n\n`),
    })
    await ask(page, 'Desenhe.')
    await lastReply(page).getByText('Pronto.').waitFor()
    await written(page)
    await soon(() => lastReply(page).locator('.katex').count()).toBe(RESTLESS.length + 1)
    for (const block of await lastReply(page).locator('.markdown > *').all()) {
      await block.scrollIntoViewIfNeeded()
      expect(await page.evaluate(strays)).toEqual([])
    }
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
  })

  test('meets a policy that evaluates no text and loads nothing from elsewhere', async () => {
    const { headers } = await fetch(world.server.url)
    const policy = headers.get('content-security-policy') ?? ''
    expect(policy).not.toContain('unsafe-eval')
    expect(policy).toContain("img-src 'self' data: blob:;")
    expect(policy).toContain("connect-src 'self';")
    expect(policy).toContain("script-src 'self';")
  })
})

/** Attacks ten at a time; one that would take all that follows for its own stands alone. */
function batchesOf(attacks: readonly string[]): string[] {
  const takesAll = (attack: string) => /^<(?:[!?]|script|style)/i.test(attack)
  const others = attacks.filter(attack => !takesAll(attack))
  const batches = attacks.filter(takesAll)
  for (let at = 0; at < others.length; at += 10) batches.push(others.slice(at, at + 10).join('\n\n'))
  return batches
}

/** A port that counts who comes to it. */
async function openDoor() {
  let visits = 0
  const server = createServer(socket => {
    visits++
    socket.destroy()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    visits: () => visits,
    async knock() {
      const socket = connect(port, '127.0.0.1')
      await once(socket, 'close')
    },
    async [Symbol.asyncDispose]() {
      server.close()
      await once(server, 'close')
    },
  }
}

/** Nothing that is drawn loads or runs anything, and every link leads where a reply may lead. */
async function expectHarmless(page: Page): Promise<void> {
  expect(
    await page.locator('main :is(img:not(.diagram img), iframe, script, style, object, form form)').count(),
  ).toBe(0)
  const addresses = await page
    .locator('main a')
    .evaluateAll(links => links.map(link => link.getAttribute('href')))
  expect(addresses.filter(address => !/^(?:https?:\/\/|mailto:|#)/.test(address ?? ''))).toEqual([])
}

/** Runs in the page. The words of formulas that a point outside their block shows, or outside the column of messages. */
function strays(): string[] {
  const found = new Set<string>()
  const column = document.querySelector('main')?.getBoundingClientRect()
  for (let x = 2; x < innerWidth; x += 10) {
    for (let y = 2; y < innerHeight; y += 10) {
      const element = document.elementFromPoint(x, y)?.closest('.formula')
      const block = element?.closest('.markdown > *')?.getBoundingClientRect()
      if (!element || !block || !column) continue
      const isInside = y > block.top - 10 && y < block.bottom + 10 && x > column.left && x < column.right
      if (!isInside) found.add(`${element.textContent?.slice(0, 40)} at ${x}, ${y}`)
    }
  }
  return [...found]
}
