#!/usr/bin/env node
// Any Node reads this file. It says which Node Riacho needs before it loads a file that an older one cannot read.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  console.error(`Riacho needs Node 22.19 or newer; this is ${process.version}.`)
  process.exit(1)
}
import('../lib/cli.js').catch(error => {
  console.error(error)
  process.exit(1)
})
