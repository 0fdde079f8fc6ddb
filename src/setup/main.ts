// Asks what a new installation needs to know, and writes .env: npm run setup
import { existsSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { askSettings, envFileOf } from './askSettings.ts'

const FILE = '.env'

if (existsSync(FILE)) {
  console.error(`There is a ${FILE} already. Change it, or move it away first.`)
  process.exit(1)
}
const terminal = createInterface({ input: process.stdin, output: process.stdout })
const answers = terminal[Symbol.asyncIterator]()

async function ask(question: string): Promise<string> {
  terminal.setPrompt(question)
  terminal.prompt()
  const { value, done } = await answers.next()
  if (!done) return value
  console.error(`\nThe answers ended, so ${FILE} was not written.`)
  process.exit(1)
}

const settings = await askSettings({ ask, tell: line => console.log(line) })
terminal.close()
// Only its owner may read a key.
writeFileSync(FILE, envFileOf(settings), { flag: 'wx', mode: 0o600 })
const hint = 'OPENAI_MODEL' in settings ? ' npm run doctor -- --ask then sends the model one message.' : ''
console.log(`\n${FILE} is written. Start Riacho with npm start.${hint}`)
