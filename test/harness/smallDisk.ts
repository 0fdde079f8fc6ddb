import { spawnSync } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from './folder.ts'

/** Whether a test can have a disk of its own. It needs root on Linux. */
export const canMount = process.platform === 'linux' && process.getuid?.() === 0
if (!canMount) console.log('skipped: a disk of its own needs root on Linux')

export interface SmallDisk extends AsyncDisposable {
  readonly path: string
  /** Writes until the disk says that it is full. */
  fill(): Promise<void>
  free(): Promise<void>
  readOnly(): void
}

/** A disk of `size` bytes that a test can fill up. */
export async function smallDisk(size: number): Promise<SmallDisk> {
  const folder = await temporaryFolder()
  const path = join(folder.path, 'disk')
  await mkdir(path)
  mount(['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path])
  const filler = join(path, 'filler')
  return {
    path,
    fill: async () => {
      await writeFile(filler, Buffer.alloc(size)).catch(() => {})
    },
    free: () => rm(filler),
    readOnly: () => mount(['-o', 'remount,ro', path]),
    async [Symbol.asyncDispose]() {
      spawnSync('umount', ['-l', path])
      await folder[Symbol.asyncDispose]()
    },
  }
}

function mount(args: string[]): void {
  const { status, stderr } = spawnSync('mount', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
}
