import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { ConfigProblem } from '../server/config/configProblem.ts'
import { type Env, readEnv } from '../server/config/env.ts'
import { type Finding, fail, note, ok, warn } from './finding.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const MEGABYTE = 1024 * 1024
/** With less free megabytes than `LITTLE_SPACE` it warns, with less than `NO_SPACE` it fails. */
const LITTLE_SPACE = 1024
const NO_SPACE = 100

/** Network file systems by their `statfs` number. SQLite cannot rely on locks there. */
const NETWORK_DISKS: Readonly<Record<number, string>> = {
  26985: 'NFS',
  20859: 'SMB',
  4283649346: 'CIFS',
  4266872130: 'SMB',
  16914839: '9P',
  12805120: 'Ceph',
  1397113167: 'AFS',
}

function checkDatabase({ file }: Env['database']): Finding[] {
  return file === undefined ? [] : checkFolder(dirname(resolve(file)))
}

/** Checks this machine: settings, Node.js, data folder. Returns the settings if they are valid. */
export function checkMachine(): { findings: Finding[]; env: Env | undefined } {
  const findings = [checkNode()]
  try {
    const env = readEnv()
    findings.push(ok('settings', 'valid'), ...checkDatabase(env.database))
    findings.push(modelOf(env), ...accessOf(env))
    return { findings, env }
  } catch (error) {
    if (!(error instanceof ConfigProblem)) throw error
    findings.push(fail('settings', 'the server does not start with these', ...error.problems))
    return { findings, env: undefined }
  }
}

function checkNode(): Finding {
  const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const { node } = process.versions
  return node === devDependencies.node
    ? ok('node', `${node}, the pinned one`)
    : warn(
        'node',
        `${node}; Riacho is tested on ${devDependencies.node}`,
        'start it with npm start, which uses that one',
      )
}

function checkFolder(folder: string): Finding[] {
  if (!existsSync(folder)) return [note('data folder', `${folder} is made at the first start`)]
  const file = join(folder, `.doctor-${randomUUID()}`)
  try {
    writeFileSync(file, '')
    rmSync(file)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return [
      fail('data folder', `${folder} cannot be written: ${reason}`, 'give it to the user who runs Riacho'),
    ]
  }
  const isOpen = statSync(folder).mode & 0o077
  const { type, bavail, bsize } = statfsSync(folder)
  const network = NETWORK_DISKS[type]
  return [
    network
      ? fail(
          'data folder',
          `${folder} is on a network disk (${network})`,
          'set DATABASE_URL to a file on a local disk',
        )
      : isOpen
        ? warn(
            'data folder',
            `other users of this machine can look into ${folder}`,
            `if nothing else needs it: chmod 700 ${folder}`,
          )
        : ok('data folder', `${folder} can be written, and is on a local disk`),
    spaceOf((bavail * bsize) / MEGABYTE),
  ]
}

function spaceOf(megabytes: number): Finding {
  const free =
    megabytes < 1024 ? `${Math.floor(megabytes)} MB free` : `${(megabytes / 1024).toFixed(1)} GB free`
  if (megabytes < NO_SPACE)
    return fail('disk space', free, 'make room: with a full disk nothing is stored, or shown')
  return megabytes < LITTLE_SPACE ? warn('disk space', free, 'make room soon') : ok('disk space', free)
}

/** Who may come in, and whether links can be mailed. */
function accessOf({ access, mail }: Env): Finding[] {
  const who = note('access', `ACCESS=${access}`)
  if (access === 'open' || access === 'token') return [who]
  if (mail) return [who, ok('mail', `comes from ${mail.from}`)]
  const isStuck = access === 'accounts'
  const help = 'set SMTP_URL, or invite people: npm run account -- invite <email>'
  return [who, (isStuck ? warn : note)('mail', 'no mail server: nobody gets a link by mail', help)]
}

function modelOf({ openai }: Env): Finding {
  return openai
    ? note('model', `${openai.model} at ${openai.baseUrl}`)
    : note('model', 'none: the built-in guide answers', 'to connect one, see docs/configuration.md')
}
