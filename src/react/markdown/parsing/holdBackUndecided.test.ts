import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { processorTime } from '../../../../test/harness/processorTime.ts'
import { visible } from '../testing/drawn.ts'
import { closeInline } from './closeInline.ts'
import { withoutCode } from './codeSpans.ts'
import { holdBackUndecided } from './holdBackUndecided.ts'

const DOCUMENTS = {
  emphasis:
    'Um **dois três** e *quatro* com ***cinco*** e ~~seis~~ e _sete_ e __oito__.\n\n**Início**: *isto*. **a *b* c** d.\n',
  code: 'Use `npm install` e ``a ` b`` aqui.\n\n`começo` fim.\n\n```ts\nconst a = `x`\n# não é título\n```\n\nDepois.\n',
  links:
    'Veja [o guia](https://example.com/a_b) e [outro **forte**](https://example.com "título"). Também https://example.com/x_y_z e <https://example.com/w>.\n\n[Início](https://example.com) da linha, ![uma imagem](https://example.com/a.png) fim.\n',
  headings: '# Um\n\nTexto\n\n## Dois **forte**\n### Três\n\nSublinhado\n---\n\nOutro\n===\n\n***\n\nFim\n',
  lists:
    'Lista:\n- um\n- **dois**\n  - dentro *a*\n  - mais\n- três\n\n1. primeiro\n2. segundo `código`\n10. décimo\n\n- [ ] tarefa\n- [x] feita\n\n* estrela\n* outra\n',
  table:
    'Tabela:\n\n| Nome | **Valor** |\n|:-----|------:|\n| um | 1 |\n| **dois** | `2` |\n| [três](https://example.com) | 3 |\n\nFim.\n',
  quotation: '> Citação **forte**\n> segunda linha\n>\n> - item\n\nFim\n',
  formulas:
    'A fórmula $x_1^2 + y$ custa R$ 5 e R$ 10. Também \\(a + b\\) e:\n\n$$\nx = \\frac{1}{2}\n$$\n\n\\[\ny = 2\n\\]\n\nFim $5 e $10.\n',
  formulasInLines:
    'Seja \\[\nx = 1\n\\], e $$\ny = 2\n$$ fim.\n\n\\[\nz = 3\n\\].\n\n- Item \\(a\n+ b\\) e `$$` aqui:\n  $$\n  c = 5\n  $$;\n\nFim.\n',
  formulasWithSpaces:
    'Seja $f: A \\to B$ e $x, y \\in \\mathbb{R}$ com $a, b, c > 0$, $T: V \\to W$, $1, 2, \\ldots$ e $sin x + 1$ fim.\n',
  prices:
    '$5-$10 **R$ 5** e **R$ 10**. From $5-$10, $5/$10 e $100k→$200k, **$5** and **$10**.\n\n`a` $HOME/$USER, $a,$b e **$VAR** e **$OUTRA** fim.\n',
  notes:
    'Isto[^1] e aquilo[^nota].\n\nMais [texto][ref] e [curto][].\n\n[ref]: https://example.com\n[curto]: https://example.com/c\n\n[^1]: Uma **nota**.\n[^nota]: Outra nota.\n',
  html: 'Um <b>negrito</b> e a < b, x<y.\n\n<div class="a">\nconteúdo\n</div>\n\nFim &amp; &lt;ok&gt;.\n',
  breaks: 'Um<br/>dois<br />três<br>fim.\n\n| a | b |\n|---|---|\n| um<br/>dois | três<br />quatro |\n',
  titles:
    'Veja [x](https://e.com "Bob\'s page (1)"), [y](https://e.com \'a "b" c\') e [z](<https://e.com/a b>) ou [w](<https://e.com/a b> (um "w")) fim.\n',
  codeInQuotation:
    '> ```js\n> const a = 1\n> ```\n> texto\n\n> - item\n>   ~~~\n>   código\n>   ~~~\n\nFim\n',
  images:
    'Olha: ![gato](https://e.com/g.png) fim! Uau!\n\n![outro](https://e.com/o.png)\n\n- ![item](https://e.com/a.png)\n- (![nele](https://e.com/a.png))\n\nVer [![selo](https://e.com/b.svg)](https://e.com) depois.\n',
  bareTable:
    'Nome | Idade\n--- | ---\nAna | 3\nBia | 4\n\nEntre a | b no texto\ne mais.\n\nTexto:\n**Nome** | Idade\n:-- | --:\nAna | 3\n\nFim a | b\n',
  alerts:
    '> [!NOTE]\n> Cuidado com **isto**\n> e [aquilo](https://e.com)\n\n> [!TIP]\n>\n> Uma dica\n\n> [!nada] não\n',
  citations: 'Um fato [1][2]. Outro [1, 2], e [3][10] fim. No fim [1][2].\n\n- item [4][5]\n- [6] e [7]\n',
  prose:
    'São 5 * 3 = 15, e snake_case_name e 2 ** 3. Olá! Tudo bem? #hashtag e C# e 100% (ok) [nota] fim [1] e [2].\n2024 foi assim.\n- não\n',
  mixed:
    '### 1. **Passo** `um`\n\n1. **Instale**: rode `npm i`\n   ```bash\n   npm i # comentário\n   ```\n2. *Use*: veja [doc](https://example.com)\n\n---\n\n| a | b |\n|---|---|\n| 1 | 2 |\n',
}

const FRAGMENTS = [
  'palavra',
  'outra coisa',
  '**forte**',
  '*ênfase*',
  '_assim_',
  '***ambos***',
  '~~fora~~',
  '3~5',
  '`código`',
  '**com *dentro* dele**',
  '[um link](https://example.com/a_(b))',
  '[**forte**](https://example.com)',
  '![imagem](https://example.com/x.png)',
  'https://example.com/a_b*c',
  '$a_1$',
  'R$ 5',
  '$5-$10',
  'nota[^1]',
  '[1]',
  '[2][3]',
  '[4, 5]',
  '3 * 4',
  'a_b_c',
  'fim.',
  '(entre)',
  '**Nota:**',
  '**Nota:**texto',
  '**中文。**文字',
  '**R$ 5** e **R$ 10**',
  '**ver $a_1$**',
]
const line = fc
  .array(fc.constantFrom(...FRAGMENTS), { minLength: 1, maxLength: 4 })
  .map(words => words.join(' '))
const BLOCKS = [
  (text: string) => `${text}\n\n`,
  (text: string) => `## ${text}\n\n`,
  (text: string) => `- ${text}\n- item\n\n`,
  (text: string) => `1. ${text}\n   - ${text}\n\n`,
  (text: string) => `> ${text}\n> mais\n\n`,
  (text: string) => `| a | b |\n|---|---|\n| ${text} | c |\n| d | ${text} |\n\n`,
]
const documents = fc
  .array(fc.tuple(fc.constantFrom(...BLOCKS), line), { minLength: 1, maxLength: 2 })
  .map(blocks => blocks.map(([block, text]) => block(text)).join(''))

const MARKS = [...'*_~`[]#|$<>\\!']

function words(text: string): string {
  return text.replace(/[^\p{L}\p{N}]/gu, '')
}

function countOf(text: string, mark: string): number {
  return text.split(mark).length - 1
}

/** At every prefix: no syntax that the end does not show, and words that only become more. */
function expectSteadyGrowth(document: string): void {
  const final = visible(document)
  let before = ''
  for (let length = 1; length <= document.length; length++) {
    const prefix = document.slice(0, length)
    const shown = visible(prefix, true)
    const tooMany = MARKS.filter(mark => countOf(shown, mark) > countOf(final, mark))
    expect(tooMany, `${JSON.stringify(prefix)} shows ${JSON.stringify(shown)}`).toEqual([])
    const read = words(shown)
    if (!read.startsWith(before) || !words(final).startsWith(read))
      expect.fail(`${JSON.stringify(prefix)} shows ${JSON.stringify(shown)}`)
    before = read
  }
}

describe('half-written text shows no syntax, and its words only become more', () => {
  test.each(Object.entries(DOCUMENTS))('%s', (_, document) => expectSteadyGrowth(document))

  test('in any mixture', () => {
    fc.assert(fc.property(documents, expectSteadyGrowth), { numRuns: 20 })
  })
})

test.each([
  ['um **dois', 'um **dois**'],
  ['um **dois ', 'um **dois** '],
  ['um **', 'um '],
  ['um **dois*', 'um **dois**'],
  ['**a *b', '**a *b***'],
  ['~~x', '~~x~~'],
  ['~5 dias', '~5 dias'],
  ['um ~~~', 'um '],
  ['~~x~~~', '~~x~~'],
  ['`a', '`a`'],
  ['``a`', '``a``'],
  ['um `', 'um '],
  ['[texto', 'texto'],
  ['[texto](http://exa', 'texto'],
  ['[**forte', '**forte**'],
  ['a ![alt](http', 'a '],
  ['a [^1', 'a '],
  ['a <https://exa', 'a https://exa'],
  ['a <di', 'a '],
  ['a < b', 'a < b'],
  ['a <br /', 'a '],
  ['a <b c', 'a <b c'],
  ['custa $', 'custa '],
  ['é $x^', 'é '],
  ['custa R$', 'custa R$'],
  ['custa $5 reais', 'custa $5 reais'],
  ['custa $5, a', 'custa $5, a'],
  ['custa $1.500 ou mais', 'custa $1.500 ou mais'],
  ['a pasta $HOME tem', 'a pasta $HOME tem'],
  ['seja $f: A ', 'seja '],
  ['2 * 3', '2 * 3'],
  ['a_b', 'a_b'],
  ['Olá!', 'Olá!'],
  ['Olha: !', 'Olha: '],
  ['a [![selo](https://e.com/b.svg)](http', 'a '],
])('%j is shown as %j', (text, shown) => {
  expect(closeInline(text)).toBe(shown)
})

test.each([
  ['Um\n#', 'Um'],
  ['Um\n-', 'Um'],
  ['Um\n---', 'Um'],
  ['- um\n-', '- um'],
  ['1', ''],
  ['| a | b |', ''],
  ['a | b', 'a'],
  ['Um\na | b\n--', 'Um\na'],
  ['a | b\nc', 'a | b\nc'],
  ['!', ''],
  ['| a | b |\n|--', ''],
  ['| a | b |\n|---|---|\n', '| a | b |\n|---|---|\n'],
  ['| a |\ntexto', '| a |\ntexto'],
  ['```', ''],
  ['~~', ''],
  ['- [ ', ''],
  ['<https', ''],
  ['</di', ''],
  ['<di\n', '<di\n'],
  ['[1]: http', ''],
  ['Um\n>', 'Um'],
])('of the block %j there is shown %j', (text, shown) => {
  expect(holdBackUndecided(text).text).toBe(shown)
})

test.each([
  ['Seja:\n$$\nx = 1', 'Seja:\n$$\nx = 1\n$$'],
  ['\\[ x\n\\', '\\[ x\n\\]'],
  ['1. Seja:\n   $$x\n', '1. Seja:\n   $$x\n   $$'],
  ['- $$\n  x\n  $', '- $$\n  x\n  $$'],
  ['> $$\n> x\n> ', '> $$\n> x\n> $$'],
])('a formula that has begun on a line of its own is closed: %j', (text, shown) => {
  expect(holdBackUndecided(text)).toEqual({ text: shown, hasOpenFormula: true })
})

test('a formula is not shown before there is something of it, and not open once it is closed', () => {
  expect(holdBackUndecided('Seja:\n$$\n')).toEqual({ text: 'Seja:', hasOpenFormula: false })
  expect(holdBackUndecided('$$x$$').hasOpenFormula).toBe(false)
})

test('closing costs time in proportion to the text, whatever it is', () => {
  for (const unit of ['**', '*a ', '[', '![', '`', '[a](', '<', '_', '~~a', '$', '\\(', '[^', '&'])
    expect(processorTime(() => closeInline(unit.repeat(20_000 / unit.length)))).toBeLessThan(1000)
  expect(processorTime(() => closeInline(`[a](x${'(aaaaaaaaaa'.repeat(8)} z`))).toBeLessThan(1000)
})

/** Each took more than a second. */
test.each([
  ['marks of two kinds', '_a*'.repeat(20_000)],
  ['elements', '<sub>'.repeat(12_000)],
  ['spaces in an address', `[a](b${' '.repeat(60_000)}c`],
])('60 KB of %s are closed in a part of a second', (_, text) => {
  expect(processorTime(() => closeInline(text))).toBeLessThan(300)
})

test('60 KB of backticks are held back in a part of a second', () => {
  expect(processorTime(() => holdBackUndecided('`'.repeat(60_000)))).toBeLessThan(300)
})

test('a run of backticks is closed by one of the same length only', () => {
  expect(withoutCode('``a ` $$ b`` $$ `c')).toBe('aaaaaaaaaaaa $$ `c')
})
