import { z } from 'zod'
import {
  changeEmailRequest,
  changePasswordRequest,
  issuerRequest,
  linkRequest,
  linkTokenRequest,
  personRequest,
  resetPasswordRequest,
  signInRequest,
  signUpRequest,
} from '../../../protocol/accountRequests.ts'
import { PIECE_TYPE } from '../../../protocol/limits.ts'
import { addPasskeyRequest, passkeySignInRequest } from '../../../protocol/passkeyRequests.ts'
import {
  beginFileRequest,
  createConversationRequest,
  createRunRequest,
  feedbackRequest,
  forkRequest,
  sendRequest,
  updateConversationRequest,
} from '../../../protocol/requests.ts'
import type { Answers, Route, RouteDocs } from '../defineRoute.ts'
import type { Events } from './eventSchemas.ts'
import { errorResponse } from './responseSchemas.ts'
import { name, named } from './shapes.ts'

for (const [id, schema] of Object.entries({
  IssuerRequest: issuerRequest,
  SignInRequest: signInRequest,
  SignUpRequest: signUpRequest,
  LinkRequest: linkRequest,
  ResetPasswordRequest: resetPasswordRequest,
  LinkTokenRequest: linkTokenRequest,
  ChangePasswordRequest: changePasswordRequest,
  ChangeEmailRequest: changeEmailRequest,
  PersonRequest: personRequest,
  AddPasskeyRequest: addPasskeyRequest,
  PasskeySignInRequest: passkeySignInRequest,
  SendRequest: sendRequest,
  BeginFileRequest: beginFileRequest,
  CreateRunRequest: createRunRequest,
  CreateConversationRequest: createConversationRequest,
  UpdateConversationRequest: updateConversationRequest,
  ForkRequest: forkRequest,
  FeedbackRequest: feedbackRequest,
}))
  name(id, schema)

type Json = Record<string, unknown>

const referTo = (id: string) => `#/components/schemas/${id}`

/** What may prove who asks. */
const SECURITY = {
  hostToken: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'A token by which a host says who asks.',
  },
  key: {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key. It begins with `rk_`.',
  },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: 'riacho_session',
    description: 'The cookie of a visitor, or of an account. Over https its name is `__Host-riacho_session`.',
  },
}

/**
 * The OpenAPI 3.1 document of these routes, as an object for JSON. `url` is the address at which Riacho is mounted. It
 * takes some milliseconds. Throws an `Error` if a route lacks its `docs`.
 */
export function createDocument(
  routes: readonly Route[],
  { version, url }: { version: string; url: string },
): Json {
  const paths: Record<string, Json> = {}
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) }
  }
  const { schemas } = z.toJSONSchema(named, { uri: referTo, io: 'input', target: 'draft-2020-12' })
  return {
    openapi: '3.1.1',
    info: {
      title: 'Riacho',
      version,
      summary: 'A self-hosted streaming chat: nothing a reader has seen is ever lost.',
      description: 'PROTOCOL.md says what the calls mean, and how to resume a stream.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url }],
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, plain(schema)])),
      responses: {
        Refusal: {
          description: 'A refusal. Its `code` says why.',
          headers: {
            'Retry-After': headerOf('Seconds after which the call is worth another try.', 'integer'),
          },
          content: { 'application/json': { schema: schemaOf(errorResponse) } },
        },
      },
      securitySchemes: SECURITY,
    },
  }
}

function operationOf(route: Route): Json {
  const { docs, access, keyScope, body, bodyKind, path, method } = route
  if (!docs) throw new Error(`${method} ${path} has no docs`)
  const parameters = [
    ...parametersOf('path', route.params),
    ...parametersOf('query', route.query),
    ...parametersOf('header', docs.headers),
  ]
  return {
    operationId: docs.operation,
    summary: docs.summary,
    // A page of a named origin needs a bearer for every call.
    security:
      access === 'anybody'
        ? [{}, { hostToken: [] }]
        : [{ hostToken: [] }, ...(keyScope ? [{ key: [] }] : []), { session: [] }, {}],
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: {
        required: true,
        content: bodyKind ? { [PIECE_TYPE]: {} } : { 'application/json': { schema: schemaOf(body) } },
      },
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries(docs.answers).map(([status, answer]) => [
          status,
          { ...responseOf(answer), ...headersOf(docs.answerHeaders) },
        ]),
      ),
      default: { $ref: '#/components/responses/Refusal' },
    },
  }
}

function headersOf(said: RouteDocs['answerHeaders']): Json {
  if (!said) return {}
  return { headers: Object.fromEntries(Object.entries(said).map(([name, text]) => [name, headerOf(text)])) }
}

function headerOf(description: string, type = 'string'): Json {
  return { description, schema: { type } }
}

function parametersOf(place: 'path' | 'query' | 'header', schema: z.ZodType | undefined): Json[] {
  if (!schema) return []
  const { properties = {}, required = [] } = schemaOf(schema) as {
    properties?: Record<string, Json>
    required?: string[]
  }
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: required.includes(name),
    schema: property,
  }))
}

function responseOf(answer: Answers[number]): Json {
  if (answer === 'nothing') return { description: 'Done.' }
  if (answer instanceof z.ZodType)
    return { description: 'The answer.', content: { 'application/json': { schema: schemaOf(answer) } } }
  if ('events' in answer) return { description: 'Server-sent events.', content: contentOf(answer.events) }
  return { description: 'A file.', content: Object.fromEntries(Object.entries(answer.files).map(fileOf)) }
}

function fileOf([mediaType, schema]: [string, z.ZodType]): [string, Json] {
  return [mediaType, { schema: schemaOf(schema) }]
}

/**
 * OpenAPI 3.1 has no words for events. `schema` is what a generator can use: the data of any one event. `x-itemSchema` is
 * what OpenAPI 3.2 calls `itemSchema`: an event as it is parsed, with its name.
 */
function contentOf(events: Events): Json {
  const data = [...new Set(Object.values(events))].map(schemaOf)
  const items = Object.entries(events).map(([event, schema]) => ({
    type: 'object',
    properties: {
      id: { type: 'string', description: 'The `seq` of an event of a run.' },
      ...(event !== '' && { event: { const: event } }),
      data: { type: 'string', contentMediaType: 'application/json', contentSchema: schemaOf(schema) },
    },
    required: event === '' ? ['data'] : ['event', 'data'],
    ...(event === '' && { not: { required: ['event'] } }),
  }))
  return {
    'text/event-stream': {
      schema: data.length > 1 ? { anyOf: data } : data[0],
      'x-itemSchema': { oneOf: items },
    },
  }
}

/** A reference if the schema has a name, otherwise the schema itself. */
function schemaOf(schema: z.ZodType): Json {
  const id = named.get(schema)?.id
  if (id !== undefined) return { $ref: referTo(id) }
  return plain(z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12' }) as Json)
}

/** Without the fields that name a schema document of its own. */
function plain({ $schema: _, $id: __, ...schema }: Json): Json {
  return schema
}
