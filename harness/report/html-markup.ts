/** Markup that is safe to put into the page as it stands. Only {@link html} makes it. */
export interface Markup {
  readonly kind: 'markup'
  readonly text: string
}

type Piece = string | number | null | Markup | readonly Markup[]

/** Builds markup; every interpolated text is escaped, for element content and for quoted attributes alike. */
export function html(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  let text = strings[0]!
  pieces.forEach((piece, index) => {
    text += render(piece) + strings[index + 1]!
  })
  return { kind: 'markup', text }
}

function render(piece: Piece): string {
  if (piece === null) return ''
  if (typeof piece === 'string' || typeof piece === 'number') return escapeHtml(String(piece))
  return 'kind' in piece ? piece.text : piece.map(({ text }) => text).join('\n')
}

/** Escapes every character that could end a text or an attribute. NUL and lone surrogates are no text in HTML. */
export function escapeHtml(text: string): string {
  return text
    .replace(/\p{Surrogate}|\0/gu, '\ufffd')
    .replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`)
}
