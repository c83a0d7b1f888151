export interface Send {
  socket: Bun.ServerWebSocket<{ room: string }>
  id: number
  room: string
  body: string
}

/** Fills the frames up to the length of Parley's. */
export const FILLER = 'f'.repeat(230)

/** The sockets of the bare programs for durable sends. Prints its URL; `take` gets each send. */
export function serveSends(take: (send: Send) => void) {
  const server = Bun.serve<{ room: string }>({
    port: 0,
    hostname: '127.0.0.1',
    fetch: (request, listener) =>
      listener.upgrade(request, { data: { room: request.headers.get('room') ?? '' } }) ? undefined : new Response('no'),
    websocket: {
      perMessageDeflate: false,
      open(socket) {
        socket.subscribe(socket.data.room)
        socket.send('{"type":"ready"}')
      },
      message(socket, text) {
        const { id, input } = JSON.parse(String(text))
        take({ socket, id, room: input.conversation_id, body: input.content })
      },
    },
  })
  console.log(`http://127.0.0.1:${server.port}`)
  return {
    /** Acknowledges a send and publishes its event. */
    answer({ socket, id, room }: Send, data: string) {
      socket.send(`{"type":"result","id":${id},"status":201,"data":${data}}`)
      server.publish(room, `{"type":"event","event":"message.created","stream":"${room}","data":${data}}`, false)
    },
  }
}
