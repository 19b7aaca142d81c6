import { createHash } from 'node:crypto'
import type { CampaignSummary } from '../run/events.ts'
import { findingArticle } from './html-finding.ts'
import { matrixTable } from './html-matrix.ts'
import { html, type Markup } from './html-markup.ts'
import { script, style } from './html-style.ts'
import { type CampaignRecord, grouped, groupGaps, percent, verdictWords } from './record.ts'

const looks = {
  clean: { look: 'good', mark: '✓' },
  finding: { look: 'bad', mark: '✗' },
  inconclusive: { look: 'warn', mark: '?' },
  uncovered: { look: 'warn', mark: '○' },
} as const

/** Only the one script runs and nothing is fetched, whatever a hostile answer smuggled into the page. */
const policy = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  `script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

/** The campaign as one HTML file that needs no network. */
export function writeHtml(record: CampaignRecord): string {
  const { summary, started } = record
  const target = started?.target ?? 'merged shards'
  const page = html`<body>
    <a class="skip" href="#main">Skip to the findings</a>
    <header>
      <div class="brand"><strong>watertight</strong> <span>${target}</span></div>
      ${banner(summary)}
    </header>
    <main id="main">
      ${claim(summary)} ${figures(summary)} ${findings(summary)} ${coverage(record)} ${gaps(summary)}
      ${warnings(record)}
    </main>
    <footer>
      <p>
        Mode ${summary.mode}, seed
        ${summary.seed}${started === null ? '' : `, ${started.tenants} tenants${started.shard.of > 1 ? `, shard ${started.shard.index}/${started.shard.of}` : ''}`}.
        The same seed sends the same requests. Ids are symbolic; credentials and canaries are never shown.
      </p>
    </footer>
  </body>`
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    html`<meta http-equiv="Content-Security-Policy" content="${policy}" />`.text,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    html`<title>watertight: ${target}: ${verdictWords[summary.verdict]}</title>`.text,
    `<style>${style}</style>`,
    '</head>',
    page.text.replace(/<\/body>$/, `<script>${script}</script></body>`),
    '</html>',
    '',
  ].join('\n')
}

function banner(summary: CampaignSummary): Markup {
  const { look, mark } = looks[summary.verdict]
  const count = summary.findings.length
  const line =
    summary.verdict === 'finding'
      ? `${count} ${count === 1 ? 'way' : 'ways'} from one tenant to another, each with its shortest reproduction.`
      : (summary.problem?.message ??
        `${summary.coverage.exercised} of ${summary.coverage.cells} cells exercised.`)
  return html`<div class="banner ${look}">
    <div class="mark" aria-hidden="true">${mark}</div>
    <div>
      <h1>${verdictWords[summary.verdict]}</h1>
      <p>${line}</p>
    </div>
  </div>`
}

function claim({ claim: text, verdict }: CampaignSummary): Markup {
  const none =
    verdict === 'finding'
      ? 'Nothing: there is a counter-example.'
      : 'Nothing: this run gives no ground for a statement about isolation.'
  return html`<div class="claim">
    <h2>What this run may claim</h2>
    <p>${text ?? none}</p>
  </div>`
}

function figures(summary: CampaignSummary): Markup {
  const { cells, exercised } = summary.coverage
  const tiles: readonly (readonly [string, string])[] = [
    ['Findings', grouped(summary.findings.length)],
    ['Covered', percent(exercised, cells)],
    ['Cells exercised', `${grouped(exercised)} / ${grouped(cells)}`],
    ['Trials', grouped(summary.trials)],
    ['Requests', grouped(summary.requests)],
    ['Requests / s', grouped(summary.requestsPerSecond)],
    ['Seconds', summary.seconds.toFixed(1)],
  ]
  return html`<dl class="figures">
    ${tiles.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`
}

function findings({ findings: list, verdict }: CampaignSummary): Markup {
  const none =
    verdict === 'clean'
      ? 'None. What was exercised is listed below.'
      : 'None so far, which says nothing: see above why the run does not count.'
  return html`<section aria-labelledby="findings">
    <h2 id="findings">Findings</h2>
    ${
      list.length === 0
        ? html`<p class="empty">${none}</p>`
        : html`<p class="lead">
              Shrunk to the fewest requests and run again to see how reliably they appear.
            </p>
            ${list.map(findingArticle)}`
    }
  </section>`
}

function coverage({ summary, started }: CampaignRecord): Markup {
  const { matrix, gaps: list } = summary.coverage
  return html`<section aria-labelledby="coverage">
    <h2 id="coverage">Coverage</h2>
    <p class="lead">
      A cell counts only when the owner succeeded with the same
      request.${matrix === undefined ? ' Only gaps and findings are known here.' : ''}
    </p>
    ${matrixTable(matrix ?? null, list, summary.findings, started?.oracles ?? [])}
  </section>`
}

function gaps({ coverage: { gaps: list } }: CampaignSummary): Markup | null {
  if (list.length === 0) return null
  return html`<section aria-labelledby="gaps">
    <h2 id="gaps">Not exercised</h2>
    <p class="lead">Nothing is known about these; close them to make the claim larger.</p>
    <div class="scroll" tabindex="0" role="region" aria-label="Gaps by reason">
      <table>
        <thead>
          <tr>
            <th scope="col">Cells</th>
            <th scope="col">Why</th>
            <th scope="col">Operations</th>
          </tr>
        </thead>
        <tbody>
          ${groupGaps(list).map(
            ({ reason, cells, operations }) =>
              html`<tr>
                <td>${cells.length}</td>
                <td>${reason}</td>
                <td><code>${operations.join(', ')}</code></td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`
}

function warnings({ warnings: list }: CampaignRecord): Markup | null {
  if (list.length === 0) return null
  return html`<section aria-labelledby="warnings">
    <h2 id="warnings">Warnings</h2>
    <ul>
      ${list.map(({ code, message }) => html`<li><code>${code}</code> ${message}</li>`)}
    </ul>
  </section>`
}
