import type { Cell, Finding, OracleId } from '../run/events.ts'
import { html, type Markup } from './html-markup.ts'

interface Square {
  readonly exercised: number
  readonly gaps: readonly Cell[]
  readonly findings: number
}

/**
 * Operation × oracle. Without the whole matrix in the events only gaps and findings are known, and an empty square says
 * nothing rather than something good.
 */
export function matrixTable(
  cells: readonly Cell[] | null,
  gaps: readonly Cell[],
  findings: readonly Finding[],
  oracles: readonly OracleId[],
): Markup {
  const known = cells ?? gaps
  const operations = [...new Set([...known, ...findings].map(({ operation }) => operation))].sort()
  const columns = [
    ...new Set([...oracles, ...known.map(({ oracle }) => oracle), ...findings.map((f) => f.oracle)]),
  ]
  if (operations.length === 0) return html`<p class="empty">No operation was exercised.</p>`
  const square = (operation: string, oracle: OracleId): Square => {
    const here = known.filter((cell) => cell.operation === operation && cell.oracle === oracle)
    return {
      exercised: here.filter(({ gap }) => gap === null).length,
      gaps: here.filter(({ gap }) => gap !== null),
      findings: findings.filter((one) => one.operation === operation && one.oracle === oracle).length,
    }
  }
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Coverage matrix">
      <table class="matrix">
        <thead>
          <tr>
            <th scope="col">Operation</th>
            ${columns.map((oracle) => html`<th scope="col">${oracle}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${operations.map(
            (operation) =>
              html`<tr>
                <th scope="row"><code>${operation}</code></th>
                ${columns.map((oracle) => squareCell(square(operation, oracle)))}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${legend}`
}

function squareCell({ exercised, gaps, findings }: Square): Markup {
  const total = exercised + gaps.length
  if (findings > 0) return cell('bad', `✗ ${findings} leak${findings === 1 ? '' : 's'}`, describe(gaps))
  if (total === 0) return cell('mute', '·', 'does not apply, or nothing is known')
  if (gaps.length === 0) return cell('good', `✓ ${exercised}/${total}`, 'every relation exercised')
  return cell(exercised > 0 ? 'warn' : 'mute', `○ ${exercised}/${total}`, describe(gaps))
}

function describe(gaps: readonly Cell[]): string {
  if (gaps.length === 0) return 'every relation exercised'
  return gaps.map(({ relation, gap }) => `${relation}: ${gap ?? 'not exercised'}`).join('; ')
}

function cell(look: string, text: string, title: string): Markup {
  return html`<td><span class="cell ${look}" title="${title}">${text}</span></td>`
}

const legend = html`<ul class="legend">
  <li><span class="cell good">✓ 3/3</span>every relation exercised, no leak</li>
  <li><span class="cell warn">○ 2/3</span>some relations not exercised</li>
  <li><span class="cell mute">○ 0/3</span>not exercised</li>
  <li><span class="cell bad">✗ 1 leak</span>finding</li>
  <li><span class="cell mute">·</span>does not apply</li>
</ul>`
