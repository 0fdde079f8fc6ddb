import { spawnSync } from 'node:child_process'
import { readAudit } from './readAudit.ts'

const { stdout } = spawnSync('npm', ['audit', '--json'], {
  encoding: 'utf8',
  maxBuffer: 64 * 1024 * 1024,
  shell: process.platform === 'win32',
})
const { isBad, text } = readAudit(stdout)
console.log(text)
if (isBad) process.exitCode = 1
