import { describe, test } from 'vitest'
import { noBrowser } from '../e2e/browser.ts'
import { PATIENT } from '../e2e/page.ts'
import { shareWorld } from '../e2e/sharedWorld.ts'
import { type Look, walkThrough } from '../e2e/walk.ts'

/** `npm run axe` walks through the others. */
const SAMPLE: Look[] = [
  [390, 'dark', 'en'],
  [1440, 'light', 'es'],
]

const world = shareWorld()

describe.skipIf(noBrowser)('everything one does with a conversation, one after the other', PATIENT, () => {
  test.each(SAMPLE)('fits at %i px in %s, in %s, and never loses the keyboard', (...look) =>
    walkThrough(world, look),
  )
})
