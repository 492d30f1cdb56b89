// Owns keep-alive connections to one address, one request at a time on each, and opens another when all are busy. Written on the
// socket: a full HTTP client would take as much of the machine as what is measured.
import { connect } from 'node:net'
import type { Socket } from 'node:net'

export interface Poster {
  /** `done` is given the status of the answer, 0 when there was none. */
  post(body: string, signature: string, done: (status: number) => void): void
  close(): void
}

const MOST_CONNECTIONS = 1_024

export function createPoster(address: string): Poster {
  const { hostname, port, pathname } = new URL(address)
  const head = `POST ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Type: application/json\r\n`
  const idle: Connection[] = []
  const waiting: { request: string; done: (status: number) => void }[] = []
  let open = 0

  interface Connection {
    socket: Socket
    read: string
    done: ((status: number) => void) | null
  }

  function connection(): Connection {
    open += 1
    const made: Connection = { socket: connect(Number(port), hostname), read: '', done: null }
    made.socket.setNoDelay(true)
    made.socket.setEncoding('latin1')
    made.socket.on('data', (text: string) => {
      made.read += text
      const status = statusOf(made.read)
      if (status !== null) finish(made, status)
    })
    // A connection that broke may be in use or idle; either way `close` follows.
    made.socket.on('error', () => made.socket.destroy())
    made.socket.on('close', () => {
      open -= 1
      const at = idle.indexOf(made)
      if (at >= 0) idle.splice(at, 1)
      const { done } = made
      made.done = null
      done?.(0)
    })
    return made
  }

  function finish(on: Connection, status: number): void {
    const { done } = on
    on.read = ''
    on.done = null
    const next = waiting.shift()
    if (next === undefined) idle.push(on)
    else send(on, next.request, next.done)
    done?.(status)
  }

  function send(on: Connection, request: string, done: (status: number) => void): void {
    on.done = done
    on.socket.write(request)
  }

  return {
    post(body, signature, done) {
      const request = `${head}X-Hub-Signature-256: sha256=${signature}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
      const free = idle.pop() ?? (open < MOST_CONNECTIONS ? connection() : null)
      if (free === null) waiting.push({ request, done })
      else send(free, request, done)
    },
    close() {
      for (const { socket } of idle.splice(0)) socket.destroy()
    },
  }
}

/** The status of a complete answer, or null while there is more to come. */
function statusOf(text: string): number | null {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return null
  const head = text.slice(0, end)
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0)
  return text.length >= end + 4 + length ? Number(head.slice(9, 12)) : null
}
