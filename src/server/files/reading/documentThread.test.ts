import { performance } from 'node:perf_hooks'
import { expect, test } from 'vitest'
import { docxOf, pdfOf } from '../../../../test/harness/documents.ts'
import { systemClock } from '../../clock.ts'
import { DocumentThread } from './documentThread.ts'

const copyOf = (bytes: Uint8Array) => new Uint8Array(bytes)

/** Takes the library far longer than a second: each page draws the next one, many times. */
function slowPdf(): Buffer {
  const line = 'x) Tj ('.repeat(300_000)
  return pdfOf(Array.from({ length: 12 }, () => line))
}

test('a document that takes too long is given up, and the next one is read', async () => {
  const documents = new DocumentThread({ clock: systemClock, readingTime: 300 })
  try {
    const begun = performance.now()
    const slow = documents.read({ bytes: copyOf(slowPdf()), name: 'a.pdf' })
    await expect(slow).rejects.toMatchObject({ code: 'FILE_TOO_SLOW' })
    expect(performance.now() - begun).toBeLessThan(5000)
  } finally {
    await documents.close()
  }
  const patient = new DocumentThread({ clock: systemClock })
  try {
    const read = await patient.read({ bytes: copyOf(docxOf(['Olá'])), name: 'a' })
    expect(read.passages[0]?.text.trim()).toBe('Olá')
  } finally {
    await patient.close()
  }
})

test('closing ends what is read, and refuses nothing', async () => {
  const documents = new DocumentThread({ clock: systemClock })
  const reading = documents.read({ bytes: copyOf(slowPdf()), name: 'a.pdf' })
  const ended = expect(reading).rejects.not.toHaveProperty('code')
  await documents.close()
  await ended
})
