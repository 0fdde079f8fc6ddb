import { parseArgs } from 'node:util'
import { createUpstream, SCENARIOS, type Scenario, tokensOf } from './upstream.ts'

const TEXT = `Um riacho é um **rio pequeno**: nasce de uma fonte e corre sem parar.

1. A água brota.
2. Ela encontra outras águas.
3. Juntas, chegam ao mar. 🌊

\`\`\`ts
const riacho = fontes.flatMap(fonte => fonte.corre())
\`\`\`
`

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '9999' },
    delay: { type: 'string', default: '30' },
    scenario: { type: 'string', default: 'normal' },
  },
})

if (!Object.hasOwn(SCENARIOS, values.scenario)) {
  console.error(`Unknown scenario. Known: ${Object.keys(SCENARIOS).join(', ')}`)
  process.exit(2)
}

const upstream = await createUpstream({ port: Number(values.port) })
upstream.reply({
  tokens: tokensOf(TEXT),
  delayMs: Number(values.delay),
  ...SCENARIOS[values.scenario as Scenario],
})
console.log(`OPENAI_BASE_URL=${upstream.url}`)
