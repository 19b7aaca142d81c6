import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { escapeHtml } from '../../harness/report/html-markup.ts'
import { writeHtml } from '../../harness/report/html.ts'
import { recordOf } from '../../harness/report/record.ts'
import { sampleEvents, sampleFinding, sampleSummary } from '../support/campaign-sample.ts'

function page(text: string, verdict: 'finding' | 'clean' | 'inconclusive' | 'uncovered' = 'finding'): string {
  const summary = sampleSummary({
    verdict,
    findings: [sampleFinding(text, { operation: text, id: text, evidence: text, receipt: text })],
    claim: text,
    problem: { code: text, message: text },
    coverage: {
      cells: 1,
      exercised: 0,
      gaps: [{ operation: text, relation: 'own', oracle: 'existence', judged: 0, gap: text }],
    },
  })
  return writeHtml(recordOf(sampleEvents(summary, text))!)
}

/** Tags with their attribute names, in order: what a browser would build, without any text. */
function skeleton(markup: string): string[] {
  const body = markup.replace(/<script>[^]*?<\/script>/g, '').replace(/<style>[^]*?<\/style>/g, '')
  return [...body.matchAll(/<(\/?[a-z0-9]+)((?:\s+[a-z-]+(?:="[^"]*")?)*)\s*\/?>/g)].map(
    (match) =>
      `${match[1]} ${[...match[2]!.matchAll(/([a-z-]+)(?:="[^"]*")?/g)].map((name) => name[1]).join(' ')}`,
  )
}

const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom(
        '<',
        '>',
        '"',
        "'",
        '`',
        '&',
        '/',
        '=',
        ' ',
        '\n',
        '\0',
        '</script>',
        '<script>alert(1)</script>',
        '<!--',
        '-->',
        ']]>',
        '<img src=x onerror=alert(1)>',
        '" onmouseover="alert(1)',
        '</pre>',
        '</title>',
        '</style>',
        '&#60;',
        'javascript:alert(1)',
        '\ud800',
        '{{',
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join('')),
)

describe('HTML report', () => {
  const expected = skeleton(page('plain'))

  test.prop([hostile], { numRuns: 300 })('is the same markup whatever the service answers', (text) => {
    const markup = page(text)
    expect(skeleton(markup)).toEqual(expected)
    expect(markup.match(/<script/g)).toHaveLength(1)
    expect(markup).not.toMatch(/[\0\ud800](?![\udc00-\udfff])/)
  })

  test.prop([hostile])('escapes to text that ends neither element nor attribute', (text) => {
    expect(escapeHtml(text)).not.toMatch(/[<>"'`\0]/)
  })

  it('notices markup that a service would smuggle in', () => {
    expect(skeleton(`${page('plain')}<img src="x">`)).not.toEqual(expected)
  })

  it.each(['clean', 'finding', 'inconclusive', 'uncovered'] as const)(
    'says %s in words, not by colour alone',
    (verdict) => {
      const words = {
        clean: 'No leak found',
        finding: 'not isolated',
        inconclusive: 'Inconclusive',
        uncovered: 'Not enough',
      }
      const heading = /<h1>([^<]*)<\/h1>/.exec(page('x', verdict))![1]
      expect(heading).toContain(words[verdict])
    },
  )

  it('fetches nothing and lets only its own script run', () => {
    const markup = page('plain')
    expect(markup).not.toMatch(/\b(?:src|href)="(?!#)/)
    expect(markup).toMatch(/Content-Security-Policy/)
    expect(markup).toMatch(/script-src &#39;sha256-[A-Za-z0-9+/=]+&#39;/)
  })

  it('has landmarks and names its regions', () => {
    for (const landmark of [
      '<header',
      '<main id="main"',
      '<footer',
      'lang="en"',
      'scope="row"',
      'scope="col"',
    ]) {
      expect(page('plain')).toContain(landmark)
    }
  })
})
