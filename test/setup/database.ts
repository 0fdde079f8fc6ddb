import { beforeAll } from 'vitest'
import { onPostgres, openTestDatabase } from '../harness/testDatabase.ts'

if (onPostgres) beforeAll(openTestDatabase)
