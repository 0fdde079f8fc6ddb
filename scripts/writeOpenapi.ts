// Writes the OpenAPI document to a file: `node scripts/writeOpenapi.ts <file>`. The package has it as riacho/openapi.json.
import { writeFileSync } from 'node:fs'
import { createDocument } from '../src/server/http/openapi/document.ts'
import { createRoutes } from '../src/server/http/routes/routes.ts'
import { packageVersion } from '../src/server/packageVersion.ts'

const [file = 'openapi.json'] = process.argv.slice(2)
// Only the data of the routes is read here, so no service is called.
const all = createRoutes({} as Parameters<typeof createRoutes>[0])
// As the server gives it: calls for administrators are unknown to everybody else.
const routes = all.filter(({ access }) => access !== 'admin')
const document = createDocument(routes, { version: packageVersion(), url: '/' })
writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`)
