import type { Page } from 'playwright-core'
import type { Locale } from '../../src/protocol/locale.ts'
import type { CATALOGUES } from '../../src/react/i18n/catalogues.ts'
import { ask } from '../e2e/browser.ts'
import type { World } from '../harness/server.ts'
import type { Reply } from '../upstream/upstream.ts'

export type Texts = (typeof CATALOGUES)[Locale]

/** One thing a person can see, and how to get there from the start page. */
export interface State {
  name: string
  widths: readonly number[]
  schemes: readonly ('light' | 'dark')[]
  /** Absent: Portuguese. */
  locales?: readonly Locale[]
  /** Chosen in the settings, as the cookie keeps it. */
  contrast?: 'high'
  /** It ends the server that it is given. */
  endsServer?: true
  show(page: Page, world: World, texts: Texts): Promise<void>
}

export const PHONE = 390
export const DESKTOP = 1440
export const WIDE = 2560
export const BOTH = [PHONE, DESKTOP]

export const SHORT: Reply = { tokens: ['Um riacho nasce de uma nascente.'] }

const RICH = `## O caminho da água

Um riacho nasce de uma **nascente**, corre por pedras e encontra um rio. A vazão é $Q = A \\cdot v$, e o tempo até o rio:

$$t = \\int_0^L \\frac{dx}{v(x)}$$

| trecho | comprimento | tempo |
|---|---:|---:|
| nascente | 120 m | 3 min |
| corredeira | 80 m | 40 s |
| remanso | 300 m | 12 min |

\`\`\`python
def vazao(area: float, velocidade: float) -> float:
    """Metros cúbicos por segundo."""
    return area * velocidade
\`\`\`

- [x] medir a área
- [ ] medir a velocidade[^1]

[^1]: Com um flutuador e um relógio.
`
export const REASONED: Reply = {
  usage: { input: 42, output: 310, reasoning: 64 },
  sources: [{ url: 'https://example.com/riachos', title: 'Como nasce um riacho' }],
  reasoning: ['Primeiro a área, ', 'depois a velocidade.'],
  tokens: [RICH],
}

/** Asks the first question, and waits until its reply has ended. */
export async function answered(page: Page, { upstream }: World, reply: Reply): Promise<void> {
  upstream.replyOnce(reply)
  await ask(page, 'De onde vem um riacho?')
  await page.waitForURL('**/c/*')
  await ended(page)
}

/** What can be done with the last message is there once it is complete. */
export async function ended(page: Page): Promise<void> {
  await page.locator('[data-messages] > ol > li:last-child fieldset').first().waitFor()
}

/** On a phone the list is a drawer. */
export async function openList(page: Page, { list }: Texts): Promise<void> {
  const open = page.getByRole('button', { name: list.open })
  if (await open.isVisible()) await open.click()
}

/** What can be done with the conversation that is open. */
export async function openMenu(page: Page, { menu }: Texts): Promise<void> {
  const name = new RegExp(`^${menu.label}:`)
  await page.getByRole('banner').getByRole('button', { name }).click()
  await page.getByRole('menu').waitFor()
}

/** Has a conversation, and does something with it. */
export async function chooseInMenu(
  page: Page,
  world: World,
  { texts, item }: { texts: Texts; item: 'close' | 'remove' | 'rename' | 'share' },
): Promise<void> {
  await answered(page, world, SHORT)
  await openMenu(page, texts)
  await page.getByRole('menuitem', { name: texts.menu[item] }).click()
}

export async function openSettings(page: Page, texts: Texts): Promise<void> {
  await openList(page, texts)
  await page.getByRole('button', { name: texts.list.settings }).locator('visible=true').click()
  await page.getByRole('dialog', { name: texts.settings.title }).waitFor()
}

/** Asks the API something about the conversation that is open, and gives its answer. */
export function askApi(page: Page, method: string, path: string, body: object = {}): Promise<unknown> {
  return page.evaluate(
    async ({ method, path, body }) => {
      const response = await fetch(path.replace(':id', location.pathname.split('/')[2] ?? ''), {
        method,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      return response.status === 204 ? null : await response.json()
    },
    { method, path, body },
  )
}

/** Shares the conversation that is open. Gives the id of the link. */
export async function shared(page: Page): Promise<string> {
  const answer = await askApi(page, 'POST', '/api/chat/conversations/:id/shares')
  return (answer as { share: { id: string } }).share.id
}
