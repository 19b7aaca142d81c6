import { readFileSync } from 'node:fs'

/** The operating-system user that the database server runs as; null for the user that runs this process. */
export interface Identity {
  readonly uid: number
  readonly gid: number
}

/**
 * PostgreSQL refuses to run as root, so root hands the server to `nobody`.
 *
 * @internal
 */
export function serverIdentity(): Identity | null {
  if (process.getuid?.() !== 0) return null
  return readNobody() ?? { uid: 65534, gid: 65534 }
}

function readNobody(): Identity | null {
  try {
    const line = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .find((entry) => entry.startsWith('nobody:'))
    const [, , uid, gid] = line?.split(':') ?? []
    // macOS writes nobody's ids as -2, which the kernel takes as an unsigned number.
    return uid === undefined || gid === undefined ? null : { uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 }
  } catch {
    return null
  }
}
