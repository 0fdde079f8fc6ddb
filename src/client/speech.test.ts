import { expect, test } from 'vitest'
import { createSpeaker, spoken } from './speech.ts'

const WORDS = { code: 'código', table: 'tabela' }

test('only whole sentences are said, each once, and the rest at the end', () => {
  const speaker = createSpeaker(WORDS)
  speaker.begin('')
  expect(speaker.next('Olá! São trê', false)).toBe('Olá!')
  expect(speaker.next('Olá! São três a', false)).toBe('')
  expect(speaker.next('Olá! São três ações. Quer', false)).toBe('São três ações.')
  expect(speaker.next('Olá! São três ações. Quer mais', true)).toBe('Quer mais')
  expect(speaker.next('Olá! São três ações. Quer mais', true)).toBe('')
})

test('code is said to be code, once it is closed', () => {
  const speaker = createSpeaker(WORDS)
  speaker.begin('')
  const open = 'Assim:\n\n```js\nlet a = 1. Mais'
  expect(speaker.next(open, false)).toBe('Assim:')
  expect(speaker.next(`${open}\n\`\`\`\n\nPronto. E`, false)).toBe('código. Pronto.')
})

test('a long reply is read out at its beginning only', () => {
  const speaker = createSpeaker(WORDS)
  speaker.begin('')
  const long = `Um começo. ${'Mais uma frase. '.repeat(60)}`
  expect(speaker.next('Um começo. M', false)).toBe('Um começo.')
  expect(speaker.next(long, false)).toBe('')
  expect(speaker.next(long, true)).toBe('')
})

test('what was on the screen before is not said', () => {
  const speaker = createSpeaker(WORDS)
  speaker.begin('Já lido. ')
  expect(speaker.next('Já lido. Agora isto. ', true)).toBe('Agora isto.')
})

test('the marks of Markdown are not said', () => {
  const text =
    '## Título\n\n- **forte** e `x`\n- [rio](https://a.b)\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> fim'
  expect(spoken(text, WORDS)).toBe('Título forte e x rio tabela. fim')
})
