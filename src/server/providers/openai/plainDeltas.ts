/** A JSON string without escapes, and one with any. */
const PLAIN = String.raw`"[^"\\\x00-\x1f]*"`
const TEXT = String.raw`"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"`
const COUNT = '(?:0|[1-9][0-9]*)'

const fieldOf = (names: string, value: string) => `"(?:${names})":${value}`

/** The fields of a delta that say nothing of its text. */
const RESPONSES_FIELD = [
  fieldOf('type', '"response\\.output_text\\.delta"'),
  fieldOf('sequence_number|output_index|content_index', COUNT),
  fieldOf('item_id|obfuscation', PLAIN),
  fieldOf('logprobs', '\\[\\]'),
].join('|')
const CHUNK_FIELD = [
  fieldOf('object', '"chat\\.completion\\.chunk"'),
  fieldOf('created', COUNT),
  fieldOf('usage|service_tier|system_fingerprint', 'null'),
  fieldOf('id|model|provider|service_tier|system_fingerprint|obfuscation', PLAIN),
].join('|')
const CHOICE_FIELD = [
  fieldOf('index', COUNT),
  fieldOf('logprobs|finish_reason|native_finish_reason', 'null'),
].join('|')

/** An object with the fields of `others`, and one that `wanted` matches. */
const objectOf = (others: string, wanted: string) => `\\{(?:(?:${others}),)*${wanted}(?:,(?:${others}))*\\}`

const RESPONSES_DELTA = new RegExp(
  `event: response\\.output_text\\.delta\\ndata: ${objectOf(RESPONSES_FIELD, `"delta":(${TEXT})`)}\\n\\n`,
  'y',
)
const RESPONSES_TYPE = '"type":"response.output_text.delta"'
const CHAT_DELTA = new RegExp(
  `data: ${objectOf(
    CHUNK_FIELD,
    `"choices":\\[${objectOf(CHOICE_FIELD, `"delta":\\{(?:"role":"assistant",)?"content":(${TEXT})\\}`)}\\]`,
  )}\\n\\n`,
  'y',
)

/**
 * Reads the deltas at the beginning of `text`, which is at the beginning of an event, if each is written as servers usually
 * write the deltas of a text. Calls `write` with the text of each. Returns how many UTF-16 units they take: what
 * follows is for the parser, which gives the same for these and takes three times as long.
 */
export function readResponsesDeltas(text: string, write: (delta: string) => void): number {
  let end = 0
  for (;;) {
    RESPONSES_DELTA.lastIndex = end
    const match = RESPONSES_DELTA.exec(text)
    if (!match) return end
    const typeAt = text.indexOf(RESPONSES_TYPE, end)
    if (typeAt === -1 || typeAt > RESPONSES_DELTA.lastIndex) return end
    end = RESPONSES_DELTA.lastIndex
    write(textOf(match[1] ?? ''))
  }
}

/** As `readResponsesDeltas`, for Chat Completions. */
export function readChatDeltas(text: string, write: (delta: string) => void): number {
  let end = 0
  for (;;) {
    CHAT_DELTA.lastIndex = end
    const match = CHAT_DELTA.exec(text)
    if (!match) return end
    end = CHAT_DELTA.lastIndex
    write(textOf(match[1] ?? ''))
  }
}

function textOf(json: string): string {
  return json.includes('\\') ? JSON.parse(json) : json.slice(1, -1)
}
