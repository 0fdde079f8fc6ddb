/**
 * The JSON of an object, piece by piece. A field may be an iterable of lists, which become one array. `indent`: as
 * `JSON.stringify` has it.
 */
export async function* jsonOf(
  fields: object,
  { indent = 0 }: { indent?: number } = {},
): AsyncGenerator<string, undefined> {
  const line = (depth: number) => (indent === 0 ? '' : `\n${' '.repeat(indent * depth)}`)
  const encode = (value: unknown, depth: number) => {
    const json = JSON.stringify(value, null, indent)
    return indent === 0 ? json : json.replaceAll('\n', line(depth))
  }
  let before = '{'
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue
    yield `${before}${line(1)}${JSON.stringify(name)}:${indent === 0 ? '' : ' '}`
    if (isLists(value)) {
      let isEmpty = true
      for await (const list of value) {
        let text = ''
        for (const item of list) {
          text += `${isEmpty ? '[' : ','}${line(2)}${encode(item, 2)}`
          isEmpty = false
        }
        yield text
      }
      yield isEmpty ? '[]' : `${line(1)}]`
    } else {
      yield encode(value, 1)
    }
    before = ','
  }
  yield before === '{' ? '{}' : `${line(0)}}`
}

function isLists(value: unknown): value is AsyncIterable<readonly unknown[]> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}
