import type { Accusation, Exchange } from './oracle.ts'
import { pathOf } from './path.ts'
import { isShared, type View } from './view.ts'

/** Something of another tenant that an answer holds. */
export interface Sighting {
  readonly tenant: number
  /** Field, header or `body`. */
  readonly place: string
  readonly what: 'canary' | 'id'
}

/**
 * Another tenant's canary, or an id of its own that the request did not carry, is in the answer: anywhere, in any encoding
 * that {@link CanaryRegistry.find} knows.
 */
export function judgeForeignRead(exchange: Exchange, view: View): Accusation | null {
  const sighting = sight(exchange, view)
  if (sighting === null) return null
  const owner = view.nameOf(sighting.tenant)
  return {
    oracle: 'foreign-read',
    detail: '',
    title: `${exchange.operation.id} shows data of another tenant`,
    evidence:
      sighting.what === 'canary'
        ? `The answer (${exchange.answer.status}) holds a canary of ${owner} in ${sighting.place}.`
        : `The answer (${exchange.answer.status}) holds an id of ${owner} in ${sighting.place}, which the request did not name.`,
  }
}

/** The first sign of another tenant in an answer. */
export function sight(exchange: Exchange, view: View): Sighting | null {
  const { answer } = exchange
  const headers = headerText(answer.headers)
  return (
    canaryIn(answer.body, exchange, view, null) ??
    canaryIn(headers, exchange, view, 'a header') ??
    idIn(answer.body, exchange, view, null) ??
    idIn(headers, exchange, view, 'a header')
  )
}

function canaryIn(text: string, exchange: Exchange, view: View, place: string | null): Sighting | null {
  for (const { token, tenant } of view.canaries.find(text)) {
    if (tenant === exchange.actor || exchange.sent.has(token)) continue
    const found = place ?? placeOf(exchange, (value) => holdsCanary(value, token, view))
    if (isShared(view, exchange.operation.id, found)) continue
    return { tenant, place: found, what: 'canary' }
  }
  return null
}

function holdsCanary(text: string, token: string, view: View): boolean {
  if (text.length < token.length) return false
  for (const found of view.canaries.find(text)) if (found.token === token) return true
  return false
}

function idIn(text: string, exchange: Exchange, view: View, place: string | null): Sighting | null {
  for (const { id, tenant } of view.identifiers.foreign(text, exchange.actor)) {
    if (exchange.sent.has(id) || view.planted.has(id)) continue
    const found = place ?? placeOf(exchange, (value) => value.includes(id))
    if (isShared(view, exchange.operation.id, found)) continue
    return { tenant, place: found, what: 'id' }
  }
  return null
}

function placeOf(exchange: Exchange, holds: (text: string) => boolean): string {
  return pathOf(exchange.answer.json, holds) ?? 'body'
}

/** Dates and lengths cannot hold an id; leaving them out keeps the scan short. */
function headerText(headers: Exchange['answer']['headers']): string {
  let text = ''
  for (const name in headers) {
    if (name === 'date' || name === 'content-length' || name === 'connection' || name === 'content-type')
      continue
    text += `${String(headers[name])}\n`
  }
  return text
}
