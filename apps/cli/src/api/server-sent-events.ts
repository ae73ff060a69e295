/** One event of a `text/event-stream`; `id` is the newest one seen, for Last-Event-ID. */
export interface ServerSentEvent {
  readonly name: string;
  readonly id: string;
  readonly data: string;
}

/** The events of a stream, as they arrive; comments are left out (WHATWG HTML, 9.2.6). */
export async function* serverSentEvents(stream: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  let id = '';
  for await (const chunk of stream) {
    rest += decoder.decode(chunk, { stream: true });
    const blocks = rest.split(/\r?\n\r?\n/);
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = block.split(/\r?\n/).map(fieldOf);
      id = fields.findLast(([name]) => name === 'id')?.[1] ?? id;
      const data = fields.filter(([name]) => name === 'data').map(([, value]) => value);
      if (data.length > 0)
        yield {
          name: fields.findLast(([name]) => name === 'event')?.[1] ?? 'message',
          id,
          data: data.join('\n'),
        };
    }
  }
}

function fieldOf(line: string): [string, string] {
  const colon = line.indexOf(':');
  return colon === -1 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')];
}
