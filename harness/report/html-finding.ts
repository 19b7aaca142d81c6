import type { Finding, ShownRequest, ShownResponse } from '../run/events.ts'
import { html, type Markup } from './html-markup.ts'
import { oracleWords } from './record.ts'

/** One finding: what was seen, how to see it again. `index` keeps the ids of code blocks apart. */
export function findingArticle(finding: Finding, index: number): Markup {
  const curlId = `curl-${index}`
  const rate = Math.round(finding.reproductionRate * 100)
  return html`<article aria-labelledby="finding-${index}">
    <h3 id="finding-${index}">${finding.title}</h3>
    <ul class="tags">
      <li class="bad">${finding.oracle}: ${oracleWords[finding.oracle]}</li>
      <li><code>${finding.operation}</code></li>
      <li>${finding.relation} id</li>
      <li>${finding.requests} request${finding.requests === 1 ? '' : 's'}</li>
      <li>seen again in ${rate} % of re-runs</li>
      <li>trial ${finding.trial}</li>
    </ul>
    <p class="evidence">${finding.evidence}</p>
    <details ${index === 0 ? open : null}>
      <summary>
        Steps: ${finding.steps.length} request${finding.steps.length === 1 ? '' : 's'} and answers
      </summary>
      <ol class="steps">
        ${finding.steps.map(({ request, response }) => step(request, response))}
      </ol>
    </details>
    <details ${index === 0 ? open : null}>
      <summary>Reproduce it</summary>
      <div class="code-head">
        <span>bash, ids and credentials as variables</span>
        <button type="button" data-copies="${curlId}" hidden>Copy</button>
      </div>
      <pre id="${curlId}" tabindex="0">${finding.curl}</pre>
      ${
        finding.receipt === null
          ? null
          : html`<p>Receipt: <code>watertight replay ${finding.receipt}</code></p>`
      }
      <p>Identity: <code>${finding.id}</code></p>
    </details>
  </article>`
}

const open = html`open`

function step(request: ShownRequest, response: ShownResponse): Markup {
  const headers = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}`)
  const body =
    request.body === undefined || request.body === null ? [] : [JSON.stringify(request.body, null, 2)]
  const lines = [`${request.method} ${request.path}`, ...headers, ...(body.length > 0 ? ['', ...body] : [])]
  return html`<li>
    <span class="who"><strong>${request.actor}</strong> calls <code>${request.operation}</code></span>
    <pre>${lines.join('\n')}</pre>
    <pre class="answer"><span class="status">${response.status}</span>
${response.excerpt}</pre>
  </li>`
}
