import { MissingFile } from '../browser/missingFile.ts'

const asked = new Map<string, Promise<void>>()

/**
 * Stands around every `import()`, in the place of Vite's helper. A browser remembers for as long as the page lives that a
 * module could not be fetched. So what is imported is fetched first, which can be tried again, and imported, out of the
 * browser's cache, only once all of it is there.
 */
export async function importFetched<Module>(
  load: () => Promise<Module>,
  files: readonly string[] = [],
): Promise<Module> {
  await Promise.all(files.map(file => have(`/${file}`)))
  return load()
}

function have(path: string): Promise<void> {
  const known = asked.get(path)
  if (known) return known
  const asking = path.endsWith('.css') ? addStyle(path) : fetchScript(path)
  asked.set(path, asking)
  asking.catch(() => asked.delete(path))
  return asking
}

async function fetchScript(path: string): Promise<void> {
  if (document.querySelector(`script[src="${path}"], link[rel="modulepreload"][href="${path}"]`)) return
  const response = await fetch(path)
  // It is in the cache when it was read to its end.
  await response.arrayBuffer()
  if (!response.ok) throw new MissingFile(path, response.status)
}

function addStyle(path: string): Promise<void> {
  if (document.querySelector(`link[rel="stylesheet"][href="${path}"]`)) return Promise.resolve()
  const link = document.createElement('link')
  link.rel = 'stylesheet'
  link.href = path
  return new Promise((resolve, reject) => {
    link.onload = () => resolve()
    link.onerror = () => {
      link.remove()
      reject(new MissingFile(path, null))
    }
    document.head.append(link)
  })
}
