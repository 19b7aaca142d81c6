import type { Terminal } from '../report/console.ts'

/** A stream of the process as reports see it: colours and a live line only where a person is likely to look. */
export function terminalOf(stream: NodeJS.WriteStream): Terminal {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env
  const forced = FORCE_COLOR !== undefined && FORCE_COLOR !== '0'
  const refused = (NO_COLOR !== undefined && NO_COLOR !== '') || FORCE_COLOR === '0' || TERM === 'dumb'
  // A reader that has seen enough (`| head`) is no error.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  return {
    write: (text) => void stream.write(text),
    live: stream.isTTY === true && TERM !== 'dumb',
    color: !refused && (forced || stream.isTTY === true),
    columns: stream.columns ?? 100,
  }
}
