import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeHtml } from '../../harness/report/html.ts'
import { recordOf } from '../../harness/report/record.ts'
import { sampleEvents, sampleFinding, sampleSummary } from '../support/campaign-sample.ts'
import { hasBrowser, launchBrowser } from '../support/browser.ts'

describe.runIf(hasBrowser)('the report in Chromium', () => {
  const folder = mkdtempSync(join(tmpdir(), 'watertight-report-'))
  let browser: Browser

  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(async () => {
    await browser.close()
    rmSync(folder, { recursive: true, force: true })
  })

  async function open(text: string, options: { readonly width: number }) {
    const file = join(folder, 'index.html')
    const summary = sampleSummary({ verdict: 'finding', findings: [sampleFinding(text)] })
    writeFileSync(file, writeHtml(recordOf(sampleEvents(summary))!))
    const page = await browser.newPage({ viewport: { width: options.width, height: 900 } })
    const troubles: string[] = []
    page.on('pageerror', (error) => troubles.push(error.message))
    page.on('console', (message) => message.type() === 'error' && troubles.push(message.text()))
    page.on('request', (request) => request.url().startsWith('file:') || troubles.push(request.url()))
    await page.goto(pathToFileURL(file).href)
    return { page, troubles }
  }

  it('shows verdict, finding and curl, fetches nothing and runs without an error', async () => {
    const { page, troubles } = await open('an innocent word', { width: 1200 })
    expect(await page.title()).toMatch(/^watertight: .*not isolated/)
    expect(await page.getByRole('main').innerText()).toContain('of another tenant an innocent word')
    for (const summary of await page.locator('details:not([open]) > summary').all()) await summary.click()
    expect(await page.getByRole('main').innerText()).toContain('curl -sS')
    expect(troubles).toEqual([])
    await page.close()
  })

  it('runs nothing that an answer smuggled in', async () => {
    const { page } = await open('<img src=x onerror="document.title=1"><script>document.title=1</script>', {
      width: 1200,
    })
    expect(await page.title()).toMatch(/^watertight: /)
    expect(await page.locator('main img').count()).toBe(0)
    await page.close()
  })

  it('fits a narrow window: only its tables and scripts scroll sideways', async () => {
    const { page } = await open('x'.repeat(300), { width: 380 })
    const wider = await page.evaluate(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    )
    expect(wider).toBeLessThanOrEqual(0)
    await page.close()
  })
})
