import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { openWorld, type World } from '../harness/server.ts'
import { launchBrowser, newPerson, noBrowser, type Person, type PersonOptions } from './browser.ts'

type Settings = Record<string, string>

/** A profile of Chromium, or of Firefox. */
interface Profile {
  cookies(): Promise<{ name: string; value: string }[]>
  close(): Promise<void>
}

/** The server and the scripted provider that the tests of one file share. */
export interface SharedServer extends World {
  /** Closes the profile when the test is over, and erases what its owner has. */
  admit(profile: Profile): void
}

/** The same, and Chromium. */
export interface SharedWorld extends SharedServer {
  readonly browser: Browser
  /** A person whom the server has never seen, with the start page open. Leaves when the test is over. */
  visit(options?: Partial<PersonOptions>): Promise<Person>
}

/**
 * Starts a server before the tests of the file, and ends it after them. No test notices another one: each has profiles of
 * its own, so owners of its own. After each test these are erased, the server has to be idle, and the provider forgets. A
 * test that kills the server, or gives it other settings, opens a world of its own.
 */
export function shareServer(settings: Settings | (() => Promise<Settings>) = {}): SharedServer {
  const profiles: Profile[] = []
  let world: (World & AsyncDisposable) | undefined
  const opened = () => world ?? expect.unreachable('the server has not been started')

  beforeAll(async () => {
    world = await openWorld(typeof settings === 'function' ? await settings() : settings)
  })

  afterEach(async () => {
    const { server, upstream } = opened()
    await Promise.all(profiles.splice(0).map(profile => leave(profile, server.url)))
    await expect.poll(() => workOf(server.url), { timeout: 5000 }).toEqual({ readers: 0, runs: 0 })
    await upstream.forget()
  })

  afterAll(() => world?.[Symbol.asyncDispose]())

  return {
    get folder() {
      return opened().folder
    },
    get upstream() {
      return opened().upstream
    },
    get server() {
      return opened().server
    },
    admit: profile => void profiles.push(profile),
  }
}

/** Starts Chromium too. */
export function shareWorld(settings: Settings | (() => Promise<Settings>) = {}): SharedWorld {
  const shared = shareServer(settings)
  let browser: Browser | undefined
  const launched = () => browser ?? expect.unreachable('the browser has not been launched')

  beforeAll(async () => {
    if (!noBrowser) browser = await launchBrowser()
  })

  afterAll(() => browser?.close())

  return {
    get folder() {
      return shared.folder
    },
    get upstream() {
      return shared.upstream
    },
    get server() {
      return shared.server
    },
    get browser() {
      return launched()
    },
    admit: shared.admit,
    async visit(options = {}) {
      const visitor = await newPerson(launched(), { url: shared.server.url, ...options })
      shared.admit(visitor.context)
      return visitor
    },
  }
}

/** Closes the profile, and erases what its owner has on the server. */
async function leave(profile: Profile, url: string): Promise<void> {
  const cookies = await profile.cookies()
  await profile.close()
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
  const { status } = await fetch(`${url}/api/chat/owner`, {
    method: 'DELETE',
    headers: { cookie, connection: 'close' },
  })
  expect(status, 'erasing the owner').toBe(204)
}

/** What the server is busy with. */
async function workOf(url: string): Promise<{ readers: number; runs: number }> {
  const text = await (await fetch(`${url}/metrics`, { headers: { connection: 'close' } })).text()
  const gauge = (name: string) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1])
  return { readers: gauge('riacho_readers'), runs: gauge('riacho_active_runs') }
}
