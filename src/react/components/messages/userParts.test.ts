import { createElement } from 'react'
import { expect, test } from 'vitest'
import { markupOf } from '../../markdown/testing/drawn.ts'
import { UserParts } from './userParts.tsx'

const FILE = { id: '1', fileId: '019a0000-0000-7000-8000-000000000001' }

test('a picture has its place before it is there, says its name, and can be enlarged', () => {
  const image = { ...FILE, type: 'image', name: 'Praia "ao sol"', mediaType: 'image/jpeg', size: 9 } as const
  const html = markupOf(createElement(UserParts, { parts: [{ ...image, width: 1536, height: 2048 }] }))
  expect(html).toMatch(/<button [^>]*aria-label="Ampliar “Praia &quot;ao sol&quot;”"/)
  expect(html).toContain(`src="/api/chat/files/${FILE.fileId}"`)
  expect(html).toMatch(/<img [^>]*alt="Praia &quot;ao sol&quot;"/)
  for (const attribute of ['loading="lazy"', 'width="1536"', 'height="2048"'])
    expect(html).toContain(attribute)
})

test('a document is a link with its name and its size', () => {
  const document = { ...FILE, type: 'document', name: 'Relatório.pdf', mediaType: 'application/pdf' } as const
  const html = markupOf(createElement(UserParts, { parts: [{ ...document, size: 1_250_000, pages: 3 }] }))
  expect(html).toContain(`href="/api/chat/files/${FILE.fileId}"`)
  expect(html).toContain('Relatório.pdf')
  expect(html).toMatch(/1[,.]3.MB/)
})
