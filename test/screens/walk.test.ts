// The walk in the looks that `npm test` leaves out: `npm run axe`.
import { describe, test } from 'vitest'
import { noBrowser } from '../e2e/browser.ts'
import { PATIENT } from '../e2e/page.ts'
import { shareWorld } from '../e2e/sharedWorld.ts'
import { type Look, walkThrough } from '../e2e/walk.ts'

const LOOKS: Look[] = [
  [390, 'light', 'pt-BR'],
  [1440, 'dark', 'pt-BR'],
  [2560, 'light', 'en'],
  [2560, 'dark', 'es'],
]

const world = shareWorld()

describe.skipIf(noBrowser)('everything one does with a conversation, one after the other', PATIENT, () => {
  test.each(LOOKS)('fits at %i px in %s, in %s, and never loses the keyboard', (...look) =>
    walkThrough(world, look),
  )
})
