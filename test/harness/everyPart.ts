import type { Part, PartType } from '../../src/protocol/parts.ts'

/** One part of each type. Each text in them has words of its own. */
export const EVERY_PART: { [Type in PartType]: Extract<Part, { type: Type }> } = {
  text: { id: '1', type: 'text', text: 'palavra do texto' },
  refusal: { id: '1', type: 'refusal', text: 'palavra da recusa' },
  reasoning: { id: '1', type: 'reasoning', text: 'palavra do raciocinio' },
  source: { id: '1', type: 'source', url: 'https://fonte.example/endereco', title: 'titulo' },
  suggestions: { id: '1', type: 'suggestions', questions: ['pergunta sugerida'] },
  file: { id: '1', type: 'file', name: 'arquivo', text: 'conteudo' },
  image: {
    id: '1',
    type: 'image',
    fileId: '019a0000-0000-7000-8000-000000000001',
    name: 'retrato',
    mediaType: 'image/jpeg',
    size: 2,
    width: 3,
    height: 4,
  },
  document: {
    id: '1',
    type: 'document',
    fileId: '019a0000-0000-7000-8000-000000000002',
    name: 'documento',
    mediaType: 'application/pdf',
    size: 5,
    pages: 6,
    tokens: 7,
  },
  break: { id: '1', type: 'break', status: 'failed', code: 'UPSTREAM_TRUNCATED' },
}
