import { toNextHandler } from 'riacho/next'
import { riacho } from '@/server/services/openaiService'

export const { GET, HEAD, POST, PUT, PATCH, DELETE } = toNextHandler(riacho)
export const runtime = 'nodejs'
export const dynamic = 'force-dynamic'
