import OpenAI from 'openai'

const openai = new OpenAI({ baseURL: process.env['OPENAI_BASE_URL'], apiKey: 'bench' })
const encoder = new TextEncoder()

/** The naive way: the iterator of the SDK, one web stream, one frame for each token. Nothing is stored. */
export async function POST(request: Request) {
  const { content } = (await request.json()) as { content: string }
  const events = await openai.responses.create({ model: 'bench', input: content, stream: true })
  const stream = new ReadableStream({
    async start(controller) {
      for await (const event of events) {
        if (event.type !== 'response.output_text.delta') continue
        controller.enqueue(encoder.encode(`data: ${JSON.stringify({ content: event.delta })}\n\n`))
      }
      controller.enqueue(encoder.encode('event: end\ndata: {}\n\n'))
      controller.close()
    },
  })
  return new Response(stream, {
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-cache, no-transform' },
  })
}
