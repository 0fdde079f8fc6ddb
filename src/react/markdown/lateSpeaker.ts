import type { Speaker, SpokenWords } from './speech.ts'

/**
 * A speaker whose code is fetched when the first reply begins, because it needs the parser, which comes with the
 * messages. Until it is there it says nothing, and then everything since `begin`.
 */
export function createLateSpeaker(words: SpokenWords): Speaker {
  let speaker: Speaker | undefined
  let begun = ''
  const fetch = async () => {
    const { createSpeaker } = await import('./speech.ts')
    if (speaker) return
    speaker = createSpeaker(words)
    speaker.begin(begun)
  }
  return {
    begin(text) {
      begun = text
      speaker?.begin(text)
      // If it cannot be fetched, the next reply tries again. The messages tell that the page lacks a part.
      if (!speaker) fetch().catch(() => undefined)
    },
    next: (text, isWhole) => speaker?.next(text, isWhole) ?? '',
  }
}
