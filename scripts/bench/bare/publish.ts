/** The bare program for fan-out: publishes each frame to all sockets, with as many bytes as Parley's event, and acknowledges. */
const FILLER = 'f'.repeat(472)

const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch: (request, listener) => (listener.upgrade(request) ? undefined : new Response('no')),
  websocket: {
    perMessageDeflate: false,
    open(socket) {
      socket.subscribe('room')
      socket.send('{"type":"ready"}')
    },
    message(socket, text) {
      const { type, id, input } = JSON.parse(String(text))
      if (type === 'pong') return
      socket.send(`{"type":"result","id":${id}}`)
      server.publish('room', `{"type":"event","data":{"content":"${input.content}","filler":"${FILLER}"}}`, false)
    },
  },
})
console.log(`http://127.0.0.1:${server.port}`)
