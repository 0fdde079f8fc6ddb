import { describe, expect, test } from 'vitest'
import { ask, lastReply, noBrowser } from '../e2e/browser.ts'
import { expectAccessible, PATIENT, soon } from '../e2e/page.ts'
import { shareWorld } from '../e2e/sharedWorld.ts'

const world = shareWorld({ LIMIT_MESSAGES_PER_DAY: '5' })

describe.skipIf(noBrowser)('limits', PATIENT, () => {
  test.each([390, 1440])(
    'from 80 % the page says what is left, and a refused message stays (%i px)',
    async width => {
      const { page } = await world.visit({ width })
      const left = page.locator('[data-limit]')
      for (const question of ['um', 'dois', 'três']) {
        world.upstream.replyOnce({ tokens: ['Sim.'] })
        await ask(page, question)
        await lastReply(page).getByText('Sim.').waitFor()
        await soon(() => page.getByRole('button', { name: 'Parar resposta' }).count()).toBe(0)
      }
      expect(await left.count()).toBe(0)
      world.upstream.replyOnce({ tokens: ['Sim.'] })
      await ask(page, 'quatro')
      await soon(() => left.allInnerTexts()).toEqual(['Hoje ainda 1 mensagem'])
      await expectAccessible(page, 'limit')
      world.upstream.replyOnce({ tokens: ['Sim.'] })
      await ask(page, 'cinco')
      await soon(() => left.allInnerTexts()).toEqual(['O limite de hoje acabou'])
      await ask(page, 'o texto que não se perde')
      await page.getByRole('alert').getByText('Ele recomeça à meia-noite (UTC)').waitFor()
      expect(await page.getByRole('textbox').inputValue()).toBe('o texto que não se perde')
      await page.reload()
      await soon(() => page.getByRole('textbox').inputValue()).toBe('o texto que não se perde')
      await soon(() => left.allInnerTexts()).toEqual(['O limite de hoje acabou'])
    },
  )
})
