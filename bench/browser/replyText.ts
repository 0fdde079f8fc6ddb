const SECTION = (number: number) => `## ${number}. Como a água corre até o mar

Um **riacho** nasce pequeno, quase sempre de uma nascente na encosta, e só ganha força quando recebe as águas de outros.
Quem mede a vazão usa \`m³/s\`, e os dados públicos ficam em [um portal aberto](https://example.com/vazao/${number}); para
comparar anos é preciso olhar *a mesma estação*, como explica o texto em https://example.com/estacoes/${number}.

- **Nascente:** o ponto em que a água do subsolo aparece, muitas vezes protegido por lei.
- **Leito:** por onde a água corre; muda de lugar com o tempo e com a chuva.
  - O leito *menor* é o de todos os dias.
  - O leito \`maior\` é o das cheias.
- **Foz:** onde o riacho encontra outro rio, um lago ou o mar.

| Mês | Chuva (mm) | Vazão (m³/s) | Nota |
|-----|-----------:|-------------:|------|
| Janeiro | 210 | **3,4** | cheia |
| Abril | 95 | 1,8 | [normal](https://example.com/normal) |
| Agosto | 12 | 0,3 | \`seca\` |

\`\`\`ts
// Vazão média de uma estação, em metros cúbicos por segundo.
export function averageFlow(readings: readonly { at: number; flow: number }[]): number {
  const total = readings.reduce((sum, { flow }) => sum + flow, 0)
  return readings.length === 0 ? 0 : total / readings.length
}
\`\`\`

1. Escolha uma estação perto da foz.
2. Baixe as leituras do último ano e confira se há falhas.
3. Compare a média com a do mesmo mês em outros anos.

> Nenhum riacho é o mesmo duas vezes, e é por isso que se mede sempre no mesmo lugar.

`

/** A mixed reply in Portuguese of about this many characters: headings, lists, tables, code, links, quotations. */
export function mixedReply(characters: number): string {
  let text = ''
  for (let number = 1; text.length < characters; number++) text += SECTION(number)
  return `${text}Fim da resposta.`
}
