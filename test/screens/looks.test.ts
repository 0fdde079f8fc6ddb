// Every picture in every look: `npm run axe`.
import { describe, test } from 'vitest'
import { noBrowser } from '../e2e/browser.ts'
import { PATIENT } from '../e2e/page.ts'
import { shareWorld } from '../e2e/sharedWorld.ts'
import { openWorld } from '../harness/server.ts'
import { ADMIN_STATES } from './adminStates.ts'
import { checkLooks } from './checkLooks.ts'
import { LIST_STATES } from './listStates.ts'
import { PAGE_STATES } from './pageStates.ts'
import { REPLY_STATES } from './replyStates.ts'
import { STATES } from './states.ts'

const SETTINGS = { MODEL_PRICES: 'test-model=1.25/0.125/10', API_KEYS: 'true' }

const world = shareWorld(SETTINGS)

describe.skipIf(noBrowser)('axe finds nothing wrong, and nothing is cut off sideways', PATIENT, () => {
  describe.each([
    ['conversation', STATES],
    ['reply', REPLY_STATES],
    ['list', LIST_STATES],
    ['page', PAGE_STATES],
    ['administration', ADMIN_STATES],
  ])('in the pictures of the %s, by day and by night, also with high contrast', (_, all) => {
    // A look that was chosen in the settings makes no other state: all are looked at in high contrast.
    const byName = Map.groupBy(all, ({ name }) => name.replace('-contrast', ''))
    test.each([...byName])('%s', async (_name, states) => {
      if (!states.some(({ endsServer }) => endsServer)) return checkLooks(world, states)
      await using own = await openWorld(SETTINGS)
      await checkLooks(world, states, own)
    })
  })
})
