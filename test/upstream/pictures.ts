/** What a model draws, as lines of a recording of the Responses API. */
export interface DrawnPicture {
  /** The bytes of previews, in their order. */
  previews?: readonly Uint8Array[]
  /** The bytes of the picture. Absent: it is never finished. */
  bytes?: Uint8Array
  prompt?: string
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

/** The events of pictures, one line each, in the order in which OpenAI sends them. Then come `text` and the end. */
export function drawingOf(pictures: readonly DrawnPicture[], text = 'Aqui está.'): string[] {
  const items = pictures.map(({ bytes, prompt }, index) => ({
    id: `ig_${index}`,
    type: 'image_generation_call',
    status: 'completed',
    ...(bytes && { result: base64(bytes) }),
    ...(prompt && { revised_prompt: prompt }),
  }))
  const drawn = pictures.flatMap(({ previews = [], bytes }, index) => {
    const place = { output_index: index, item_id: `ig_${index}` }
    const item = items[index]
    return [
      {
        type: 'response.output_item.added',
        output_index: index,
        item: { ...item, status: 'in_progress', result: null },
      },
      { type: 'response.image_generation_call.generating', ...place },
      ...previews.map((preview, at) => ({
        type: 'response.image_generation_call.partial_image',
        ...place,
        partial_image_index: at,
        partial_image_b64: base64(preview),
      })),
      ...(bytes ? [{ type: 'response.output_item.done', output_index: index, item }] : []),
    ]
  })
  const place = { output_index: pictures.length, item_id: 'msg_1', content_index: 0 }
  const message = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    content: [{ type: 'output_text', text, annotations: [] }],
  }
  const events = [
    ...drawn,
    {
      type: 'response.output_item.added',
      output_index: pictures.length,
      item: { ...message, content: [] },
    },
    { type: 'response.output_text.delta', ...place, delta: text },
    {
      type: 'response.completed',
      response: { id: 'resp_1', status: 'completed', output: [...items, message] },
    },
  ]
  return events.map(event => JSON.stringify(event))
}

/** The same over Chat Completions, as OpenRouter sends it: each picture whole, and all of them once more at the end. */
export function chatDrawingOf(pictures: readonly Uint8Array[], text = 'Aqui está.'): string[] {
  const images = pictures.map((bytes, index) => ({
    type: 'image_url',
    index,
    image_url: { url: `data:image/png;base64,${base64(bytes)}` },
  }))
  const deltas = [
    ...images.map(image => ({ content: '', images: [image] })),
    { content: text },
    { content: '', images },
  ]
  const chunks = [
    ...deltas.map(delta => ({ choices: [{ index: 0, delta, finish_reason: null }] })),
    { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
  ]
  return chunks.map(chunk => JSON.stringify(chunk))
}
