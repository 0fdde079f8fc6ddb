const UUID =
  /^([\da-f]{8}-[\da-f]{4}-[1-8][\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}|0{8}-(0{4}-){3}0{12}|f{8}-(f{4}-){3}f{12})$/i

/** Whether the server takes `text` as an id. Code for browsers asks this, because it does without zod. */
export function isUuid(text: string): boolean {
  return UUID.test(text)
}
