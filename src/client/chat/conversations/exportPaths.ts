/** Where a conversation can be downloaded: the branch being read as Markdown, or every message as JSON. */
export function exportPath(conversationId: string, format: 'markdown' | 'json'): string {
  return `/api/chat/conversations/${encodeURIComponent(conversationId)}/export?format=${format}`
}

/** Where everything one has can be downloaded, as JSON. */
export const EXPORT_ALL_PATH = '/api/chat/export'
