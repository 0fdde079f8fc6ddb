import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from '../harness/folder.ts'
import { freePort } from '../harness/freePort.ts'

/** Where Debian puts it. */
export const NGINX = '/usr/sbin/nginx'

export interface Nginx extends AsyncDisposable {
  readonly url: string
}

export interface NginxOptions {
  /** Further lines of the location. */
  location?: readonly string[]
  /** The whole server block, in place of one made here. `PORT` stands for the port. */
  server?: string
  /** PEM files; with them it speaks https and HTTP/2. */
  certificate?: { chain: string; key: string }
}

/** nginx in front of `target`, as somebody sets it up who has never heard of streams. */
export async function startNginx(target: string, options: NginxOptions = {}): Promise<Nginx> {
  const folder = await temporaryFolder()
  const port = await freePort()
  const path = join(folder.path, 'nginx.conf')
  await writeFile(path, configuration({ folder: folder.path, port, target, ...options }))
  const child = spawn(NGINX, ['-p', folder.path, '-c', path, '-e', 'stderr'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const exited = once(child, 'exit')
  await new Promise<void>((resolve, reject) => {
    let output = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (output.includes('[notice] ') && output.includes('using the "')) resolve()
    })
    void exited.then(() => reject(new Error(`nginx did not start:\n${output}`)))
  })
  return {
    url: options.certificate ? `https://localhost:${port}` : `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await exited
      await folder[Symbol.asyncDispose]()
    },
  }
}

interface Configuration extends NginxOptions {
  folder: string
  port: number
  target: string
}

function configuration({ folder, port, target, location = [], certificate, server }: Configuration): string {
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    name => `${name}_temp_path ${folder}/${name};`,
  )
  const tls = certificate
    ? [`ssl_certificate ${certificate.chain};`, `ssl_certificate_key ${certificate.key};`]
    : []
  const made = `server {
    listen 127.0.0.1:PORT${tls.length > 0 ? ' ssl http2' : ''};
    ${tls.join('\n    ')}
    location / {
      proxy_pass ${target};
      ${location.join('\n      ')}
    }
  }`
  return `
daemon off;
master_process off;
error_log stderr notice;
pid ${folder}/nginx.pid;
events {}
http {
  access_log off;
  ${paths.join('\n  ')}
  gzip on;
  gzip_types *;
  gzip_proxied any;
  proxy_buffering on;
  ${(server ?? made).replace('PORT', String(port))}
}
`
}
