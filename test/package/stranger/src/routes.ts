import { getNote, getOwnNote } from './notes.js'

interface Request {
  readonly params: { readonly id: string }
  readonly session: { readonly tenantId: string }
}

export const showNote = (request: Request) => getNote(request.params.id)

export const showOwnNote = (request: Request) => getOwnNote(request.session.tenantId, request.params.id)
