import type { ShownRequest, ShownResponse } from './events.ts'

/** What a script needs to say about itself. */
export interface ScriptHead {
  readonly finding: string
  readonly title: string
  readonly evidence: string
  readonly baseUrl: string
}

/**
 * A bash script that repeats a sequence by curl. It holds no credential and no concrete id: each is a variable with a comment on
 * how to come by it.
 */
export function curlScript(
  head: ScriptHead,
  steps: readonly { readonly request: ShownRequest; readonly response: ShownResponse }[],
): string {
  const variables = new Map<string, string>()
  const commands = steps.map(({ request, response }) => command(request, response, variables))
  return [
    '#!/usr/bin/env bash',
    `# ${head.title}`,
    `# ${head.finding}`,
    `# ${head.evidence.replaceAll('\n', ' ')}`,
    'set -euo pipefail',
    `BASE_URL="\${BASE_URL:-${head.baseUrl}}"`,
    ...[...variables].map(([name, how]) => `: "\${${name}:?${how}}"`),
    '',
    ...commands,
    '',
  ].join('\n')
}

const symbol = /\b(victim|bystander|attacker|ghost|foreign)\.([a-z][\w.]*?)(#\d+)?(?![\w#])/g

function command(request: ShownRequest, response: ShownResponse, variables: Map<string, string>): string {
  const url = `"$BASE_URL${inline(request.path, variables)}"`
  const parts = [`curl -sS -i -X ${request.method} ${url}`]
  for (const [name, value] of Object.entries(request.headers)) {
    if (name === 'accept') continue
    const shown = /^<(\w+)>$/.test(value) ? secret(name, request, variables) : inline(value, variables)
    parts.push(`-H "${name}: ${shown}"`)
  }
  if (request.body !== null) parts.push(`--data "${inline(JSON.stringify(request.body), variables)}"`)
  return [
    `# ${request.actor}: ${request.operation} answered ${response.status}`,
    parts.join(' \\\n  '),
    'echo',
  ].join('\n')
}

function secret(header: string, request: ShownRequest, variables: Map<string, string>): string {
  const who = request.actor.split('.')[0]!.toUpperCase()
  const isToken = header === 'authorization'
  const name = isToken ? `${who}_TOKEN` : `${who}_${header.toUpperCase().replace(/\W/g, '_')}`
  variables.set(name, `the ${header} header of ${request.actor}`)
  return `$${name}`
}

/** Escapes for a double-quoted string, then puts variables where symbols stand. */
function inline(text: string, variables: Map<string, string>): string {
  const escaped = text.replace(/[\\"$`!]/g, (character) => (character === '!' ? '!' : `\\${character}`))
  return escaped.replace(symbol, (whole, who: string, what: string, number: string | undefined) => {
    const name = `${who}_${what}${number === undefined ? '' : `_${number.slice(1)}`}`
      .toUpperCase()
      .replace(/\W/g, '_')
    const owner =
      who === 'ghost' ? `an id of a ${what} that never existed` : `the id of a ${what} of the ${who}`
    variables.set(
      name,
      what === 'tenant' ? `the tenant id of the ${who}` : what === 'slug' ? `the slug of the ${who}` : owner,
    )
    return whole === '' ? whole : `\${${name}}`
  })
}
