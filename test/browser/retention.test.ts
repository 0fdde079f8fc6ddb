import { describe, expect, test } from 'vitest'
import { ask, lastReply, noBrowser } from '../e2e/browser.ts'
import { expectAccessible, PATIENT, soon } from '../e2e/page.ts'
import { shareWorld } from '../e2e/sharedWorld.ts'

/** Everything has a notice of seven days, so it is soon due from the beginning. */
const world = shareWorld({ RETENTION_DAYS: '5' })

describe.skipIf(noBrowser)('retention', PATIENT, () => {
  test.each([390, 1440])(
    'a conversation says when it goes, can be taken along, and stays once it is pinned (%i px)',
    async width => {
      const { page, faults } = await world.visit({ width })
      world.upstream.replyOnce({ tokens: ['De uma nascente.'] })
      await ask(page, 'De onde vem um riacho?')
      await lastReply(page).getByText('De uma nascente.').waitFor()
      const note = page.locator('[data-expiry]')
      const date = new Intl.DateTimeFormat('pt-BR', { day: 'numeric', month: 'long' })
      await note
        .getByText(`será apagada em ${date.format(Date.now() + 7 * 24 * 3_600_000 - 60_000)}`)
        .waitFor()
      await expectAccessible(page, 'expiry')
      const [download] = await Promise.all([page.waitForEvent('download'), note.getByText('Baixar').click()])
      expect(download.suggestedFilename()).toContain('.md')
      if (width === 1440) await page.getByRole('link', { name: 'Será apagada em' }).waitFor()
      await note.getByRole('button', { name: 'Fixar para ficar' }).click()
      await note.waitFor({ state: 'detached' })
      expect(await page.getByRole('link', { name: 'Será apagada em' }).count()).toBe(0)
      expect(faults).toEqual([])
    },
  )

  test('the settings name the longest time, and offer only shorter ones', async () => {
    const { page } = await world.visit()
    await page.evaluate(() =>
      fetch('/api/chat/retention', {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: '{"days":3}',
      }),
    )
    await page.getByRole('button', { name: 'Configurações' }).press('Enter')
    const setting = page.locator('[data-retention]')
    await setting.getByText('Aqui o prazo mais longo é de 5 dias.').waitFor()
    const names = () =>
      setting.getByRole('radio').evaluateAll(all => all.map(one => one.parentElement?.textContent))
    expect(await names()).toEqual(['Depois de 3 dias', 'Depois de 5 dias'])
    await soon(() => setting.getByRole('radio', { name: 'Depois de 3 dias' }).isChecked()).toBe(true)
    await setting.scrollIntoViewIfNeeded()
  })
})
