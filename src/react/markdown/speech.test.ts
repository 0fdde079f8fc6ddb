import { expect, test } from 'vitest'
import { createSpeaker, spoken } from './speech.ts'

const WORDS = { code: 'código', table: 'tabela', alert: () => 'aviso' }

test('only whole sentences are said, each once, and the rest at the end', () => {
  const speaker = createSpeaker(WORDS)
  speaker.begin('')
  expect(speaker.next('Olá! São trê', false)).toBe('Olá!')
  expect(speaker.next('Olá! São três a', false)).toBe('')
  expect(speaker.next('Olá! São três ações. Quer', false)).toBe('São três ações.')
  expect(speaker.next('Olá! São três ações. Quer mais', true)).toBe('Quer mais')
  expect(speaker.next('Olá! São três ações. Quer mais', true)).toBe('')
})

test('emphasis over several sentences has its marks in none of them', () => {
  const speaker = createSpeaker(WORDS)
  speaker.begin('')
  expect(speaker.next('**Olá! Sou eu.** Tudo', false)).toBe('Olá! Sou eu.')
  expect(speaker.next('**Olá! Sou eu.** Tudo bem?', true)).toBe('Tudo bem?')
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

test.each([
  ['uma nota[^1] e outra[^longa]', 'uma nota e outra'],
  ['[^1]: O que a nota diz.', 'O que a nota diz.'],
  ['- [x] feita\n- [ ] por fazer', 'feita por fazer'],
  ['1. [X] feita', 'feita'],
  ['vale $x^2$ e $$a + b$$', 'vale x^2 e a + b'],
  ['$$\n\\frac{1}{2}\n$$\n\nfim', '\\frac{1}{2} fim'],
  ['vale \\(x^2\\) e \\[y\\]', 'vale x^2 e y'],
  ['em $HOME/$USER ou $a,$b', 'em $HOME/$USER ou $a,$b'],
  ['custa $5 ou $6', 'custa $5 ou $6'],
  ['um ![gato preto](https://a.b/c.png "Mia") dorme', 'um gato preto dorme'],
  ['um ![](https://a.b/c.png) só', 'um só'],
  ['[![selo](https://a.b/c.svg)](https://a.b) novo', 'selo novo'],
  ['[rio](https://a.b/c_(d)) largo', 'rio largo'],
  ['[rio][1] e [foz][]\n\n[1]: https://a.b\n[foz]: <https://a.b> "Foz"\n\nfim', 'rio e foz fim'],
  ['veja [1] e [2]', 'veja 1 e 2'],
  ['veja <https://a.b/c?d=e> ou https://a.b/c?d=e.', 'veja a.b ou a.b.'],
  ['antes\n\n---\n\ndepois', 'antes depois'],
  ['a \\*estrela\\*', 'a *estrela*'],
  ['a &amp; b\nc<br>d', 'a & b c d'],
  ['> [!WARNING]\n> Cuidado com o rio.', 'aviso. Cuidado com o rio.'],
  ['2*3 = 6 e 10*4 = 40', '2*3 = 6 e 10*4 = 40'],
  ['2 * 3 = 6, 2\\*3 e 2**3', '2 * 3 = 6, 2*3 e 2**3'],
  ['o nome snake_case e `_privado` ou `a*b*c`', 'o nome snake_case e _privado ou a*b*c'],
  ['a*b é *isto*, **Nota**s e sub**título**', 'a*b é isto, Notas e subtítulo'],
  ['***muito*** forte, ~~velho~~, ~5 km e (**sim**).', 'muito forte, velho, ~5 km e (sim).'],
  ['__forte__ e _leve_, **_os dois_**', 'forte e leve, os dois'],
])('%j is said as %j', (markdown, said) => {
  expect(spoken(markdown, WORDS)).toBe(said)
})

test('what becomes a table or a heading is not said before it has', () => {
  const speaker = createSpeaker(WORDS)
  speaker.begin('')
  expect(speaker.next('Veja. Aqui:\n\n| a. B | c', false)).toBe('Veja. Aqui:')
  expect(speaker.next('Veja. Aqui:\n\n| a. B | c |\n|---|---|\n| 1 | 2 |\n', false)).toBe('')
  expect(speaker.next('Veja. Aqui:\n\n| a. B | c |\n|---|---|\n| 1 | 2 |\n\nFim. E', false)).toBe(
    'tabela. Fim.',
  )
})

test('a reply that was joined in the middle of a sentence is said from the beginning of that sentence', () => {
  const speaker = createSpeaker(WORDS)
  speaker.begin('Um parágrafo.\n\nJá lido. Agora **i')
  expect(speaker.next('Um parágrafo.\n\nJá lido. Agora **isto.** E', false)).toBe('Agora isto.')
})

test('what closes later takes no sentence away and says none twice', () => {
  const text = 'Olá, [rio. Ele](https://a.b) corre **muito. E** sempre! `a. B` fim. Ponto.'
  const speaker = createSpeaker(WORDS)
  speaker.begin('')
  const said = Array.from(text, (_, index) => speaker.next(text.slice(0, index + 1), false))
  said.push(speaker.next(text, true))
  expect(said.filter(part => part !== '').join(' ')).toBe(spoken(text, WORDS))
})

test('a picture or a link is said once it is closed', () => {
  const speaker = createSpeaker(WORDS)
  speaker.begin('')
  expect(speaker.next('Assim. Veja ![Um gato. Ele', false)).toBe('Assim.')
  expect(speaker.next('Assim. Veja ![Um gato. Ele dorme!](https://a.b/c.p', false)).toBe('')
  expect(speaker.next('Assim. Veja ![Um gato. Ele dorme!](https://a.b/c.png). Fim', false)).toBe(
    'Veja Um gato. Ele dorme!.',
  )
})

test('a formula is said once it is closed', () => {
  const speaker = createSpeaker(WORDS)
  speaker.begin('')
  expect(speaker.next('Assim. Vale $$a. B', false)).toBe('Assim.')
  expect(speaker.next('Assim. Vale $$a. B$$. Fim', false)).toBe('Vale a. B.')
})
