import { z } from 'zod'
import { packageVersion } from '../../packageVersion.ts'
import { defineRoute, type Route } from '../defineRoute.ts'
import { createDocument } from '../openapi/document.ts'

/** Describes every route of the API, itself too. `routes` is called with the first request. */
export function openapiRoutes(routes: () => readonly Route[]): Route[] {
  // Made once for each address, because that takes some milliseconds. A server has one address.
  const documents = new Map<string, string>()
  const documentAt = (url: string) => {
    const document =
      documents.get(url) ?? JSON.stringify(createDocument(routes(), { version: packageVersion(), url }))
    documents.set(url, document)
    return document
  }
  return [
    defineRoute({
      method: 'GET',
      path: '/api/openapi.json',
      access: 'anybody',
      docs: {
        operation: 'readOpenapi',
        summary: 'This document.',
        answers: { 200: z.looseObject({ openapi: z.string() }) },
      },
      handle: ({ request }) => ({
        type: 'content',
        mediaType: 'application/json; charset=utf-8',
        content: documentAt(request.basePath || '/'),
      }),
    }),
  ]
}
