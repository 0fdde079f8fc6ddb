import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'

/** The tests that make more runs when `FUZZ` asks for more. */
const FILES = [
  'src/client/chat/composing/savedShapes.test.ts',
  'src/react/markdown/markdown.fuzz.test.ts',
  'src/server/providers/openai/replyReader.anyJson.test.ts',
  'src/server/providers/openai/responseBody.fuzz.test.ts',
  'test/proof/anyStoredParts.test.ts',
]

const { values } = parseArgs({
  options: {
    times: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(Math.trunc(Date.now() / 1000)) },
  },
})
console.log(`${values.times} times as many runs, from seed ${values.seed}`)
const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--testTimeout', '3600000', '--maxWorkers', '1']
const { status } = spawnSync(process.execPath, [...vitest, ...FILES], {
  stdio: 'inherit',
  env: { ...process.env, FUZZ: values.times, TEST_SEED: values.seed },
})
process.exit(status ?? 1)
