import { describe, test } from 'vitest'
import { noBrowser } from './browser.ts'
import { PATIENT } from './page.ts'
import { shareWorld } from './sharedWorld.ts'
import { type Look, walkThrough } from './walk.ts'

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
