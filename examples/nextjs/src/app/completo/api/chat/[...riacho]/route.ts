import { toNextHandler } from 'riacho/next'
import { completo } from '@/server/services/openaiService'

export const { GET, HEAD, POST, PUT, PATCH, DELETE } = toNextHandler(completo)
export const runtime = 'nodejs'
export const dynamic = 'force-dynamic'
