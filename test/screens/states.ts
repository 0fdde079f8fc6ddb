import type { Page } from 'playwright-core'
import { ask } from '../e2e/browser.ts'
import type { World } from '../harness/server.ts'
import type { Reply } from '../upstream/upstream.ts'

/** One thing a person can see, and how to get there from the start page. */
export interface State {
  name: string
  widths: readonly number[]
  schemes: readonly ('light' | 'dark')[]
  /** Chosen in the settings, as the cookie keeps it. */
  contrast?: 'high'
  show(page: Page, world: World): Promise<void>
}

const PHONE = 390
const DESKTOP = 1440
const WIDE = 2560
const BOTH = [PHONE, DESKTOP]

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
const DIAGRAM =
  '```mermaid\nflowchart LR\n  navegador -->|POST| http --> run --> provedor\n  run --> log --> assinatura\n  assinatura -->|SSE| navegador\n```\n'
const REASONED: Reply = {
  usage: { input: 42, output: 310, reasoning: 64 },
  sources: [{ url: 'https://example.com/riachos', title: 'Como nasce um riacho' }],
  reasoning: ['Primeiro a área, ', 'depois a velocidade.'],
  tokens: [RICH],
}

export const STATES: readonly State[] = [
  { name: 'start', widths: [PHONE, DESKTOP, WIDE], schemes: ['light', 'dark'], show: async () => undefined },
  {
    name: 'start-contrast',
    widths: [DESKTOP],
    schemes: ['light', 'dark'],
    contrast: 'high',
    show: async () => undefined,
  },
  {
    name: 'writing',
    widths: BOTH,
    schemes: ['light'],
    async show(page, { upstream }) {
      const gate = upstream.hold({ tokens: ['Um riacho nasce ', 'de uma **nascente', '** e corre.'] })
      await ask(page, 'De onde vem um riacho?')
      await gate.next(2)
      await page.locator('main').getByText('nascente', { exact: false }).last().waitFor()
    },
  },
  {
    name: 'reply',
    widths: [PHONE, DESKTOP, WIDE],
    schemes: ['light', 'dark'],
    show: (page, world) => answered(page, world, REASONED),
  },
  {
    name: 'diagram',
    widths: [DESKTOP],
    schemes: ['light', 'dark'],
    async show(page, world) {
      await answered(page, world, { tokens: [`Assim corre uma resposta:\n\n${DIAGRAM}`] })
      await page.locator('main img').first().waitFor()
    },
  },
  {
    name: 'failed',
    widths: BOTH,
    schemes: ['light'],
    show: (page, world) => answered(page, world, { status: 401, body: { error: {} } }),
  },
  {
    name: 'stopped',
    widths: [PHONE],
    schemes: ['dark'],
    async show(page, { upstream }) {
      const gate = upstream.hold({ tokens: ['Um riacho nasce de uma nascente ', 'e corre.'] })
      await ask(page, 'De onde vem um riacho?')
      await gate.next()
      await page.getByText('Um riacho nasce').waitFor()
      await page.getByRole('button', { name: 'Parar resposta' }).click()
      await page.getByText('Esta resposta foi parada.').waitFor()
    },
  },
  {
    name: 'versions',
    widths: BOTH,
    schemes: ['light'],
    async show(page, world) {
      await answered(page, world, { tokens: ['Um riacho nasce de uma nascente.'] })
      world.upstream.replyOnce({ tokens: ['De uma nascente, quase sempre no alto de um morro.'] })
      await page.getByRole('button', { name: 'Gerar outra resposta' }).last().click()
      await page.getByText('no alto de um morro').waitFor()
      await idle(page)
    },
  },
  {
    name: 'edit',
    widths: BOTH,
    schemes: ['light'],
    async show(page, world) {
      await answered(page, world, { tokens: ['Um riacho nasce de uma nascente.'] })
      await page.getByRole('button', { name: 'Editar pergunta' }).click()
    },
  },
  {
    name: 'queue',
    widths: [PHONE],
    schemes: ['light'],
    async show(page, { upstream }) {
      const gate = upstream.hold({ tokens: ['Um riacho nasce ', 'de uma nascente.'] })
      await ask(page, 'De onde vem um riacho?')
      await gate.next()
      await page.getByText('Um riacho nasce').waitFor()
      await ask(page, 'E para onde vai?')
      await page.getByText('E para onde vai?').waitFor()
    },
  },
  {
    name: 'details',
    widths: BOTH,
    schemes: ['light'],
    async show(page, world) {
      await answered(page, world, REASONED)
      await page.getByRole('button', { name: 'Detalhes da resposta' }).click()
    },
  },
  {
    name: 'search',
    widths: BOTH,
    schemes: ['light'],
    async show(page, world) {
      await answered(page, world, { tokens: ['Um riacho não para: a água corre até o rio.'] })
      await openList(page)
      await page.getByRole('searchbox').locator('visible=true').first().fill('nao')
      await page.locator('mark').locator('visible=true').first().waitFor()
    },
  },
  {
    name: 'settings',
    widths: BOTH,
    schemes: ['light', 'dark'],
    async show(page) {
      await openList(page)
      await page.getByRole('button', { name: 'Configurações' }).locator('visible=true').click()
      await page.getByRole('dialog', { name: 'Configurações' }).waitFor()
    },
  },
  {
    name: 'palette',
    widths: [DESKTOP],
    schemes: ['dark'],
    async show(page) {
      await page.keyboard.press('Control+k')
      await page.getByRole('dialog', { name: 'Comandos' }).waitFor()
    },
  },
  {
    name: 'shortcuts',
    widths: [DESKTOP],
    schemes: ['light'],
    async show(page) {
      await page.getByRole('button', { name: 'Atalhos do teclado' }).locator('visible=true').click()
      await page.getByRole('dialog', { name: 'Atalhos do teclado' }).waitFor()
    },
  },
  {
    name: 'share',
    widths: BOTH,
    schemes: ['light'],
    async show(page, world) {
      await answered(page, world, { tokens: ['Um riacho nasce de uma nascente.'] })
      await page
        .getByRole('banner')
        .getByRole('button', { name: /^Opções:/ })
        .click()
      await page.getByRole('menuitem', { name: 'Compartilhar' }).click()
      await page.getByRole('button', { name: 'Criar link' }).click()
      await page.getByRole('textbox', { name: 'Endereço do link' }).waitFor()
    },
  },
  {
    name: 'shared',
    widths: BOTH,
    schemes: ['light'],
    async show(page, world) {
      await answered(page, world, REASONED)
      const path = await page.evaluate(async () => {
        const id = location.pathname.split('/')[2]
        const headers = { 'content-type': 'application/json' }
        const response = await fetch(`/api/chat/conversations/${id}/shares`, {
          method: 'POST',
          headers,
          body: '{}',
        })
        return `/s/${(await response.json()).share.id}`
      })
      await page.goto(path)
      await page.getByText('Com um flutuador').waitFor()
    },
  },
  {
    name: 'undo',
    widths: [PHONE],
    schemes: ['light'],
    async show(page, world) {
      await answered(page, world, { tokens: ['Um riacho nasce de uma nascente.'] })
      await page
        .getByRole('banner')
        .getByRole('button', { name: /^Opções:/ })
        .click()
      await page.getByRole('menuitem', { name: 'Apagar' }).click()
      await page.getByRole('button', { name: 'Desfazer' }).waitFor()
    },
  },
  {
    name: 'drawer',
    widths: [PHONE],
    schemes: ['dark'],
    async show(page, world) {
      await answered(page, world, { tokens: ['Um riacho nasce de uma nascente.'] })
      await openList(page)
    },
  },
  {
    name: 'not-found',
    widths: [PHONE],
    schemes: ['light'],
    async show(page) {
      await page.goto('/c/01a20746-b67c-74bd-afcd-c3ee5055af12')
      await page.getByText('Não encontramos esta conversa').waitFor()
    },
  },
  {
    name: 'offline',
    widths: [PHONE],
    schemes: ['light'],
    async show(page, world) {
      await answered(page, world, { tokens: ['Um riacho nasce de uma nascente.'] })
      await page.context().setOffline(true)
      await page.getByText('Você está sem conexão', { exact: false }).waitFor()
    },
  },
]

async function answered(page: Page, { upstream }: World, reply: Reply): Promise<void> {
  upstream.replyOnce(reply)
  await ask(page, 'De onde vem um riacho?')
  await page.waitForURL('**/c/*')
  await idle(page)
}

async function idle(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Enviar mensagem' }).waitFor()
}

/** On a phone the list is a drawer. */
async function openList(page: Page): Promise<void> {
  const open = page.getByRole('button', { name: 'Abrir lista de conversas' })
  if (await open.isVisible()) await open.click()
}
