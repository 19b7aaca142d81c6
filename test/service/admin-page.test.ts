import { createRequire } from 'node:module'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serviceOnFreshDatabase, type RunningService, type TenantInService } from '../support/service.ts'
import { hasBrowser, launchBrowser } from '../support/browser.ts'

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
/** A folder for pictures of the pages, for people to look at. */
const pictures = process.env['PICTURES']

describe.runIf(hasBrowser)('the admin page in Chromium', () => {
  let browser: Browser
  let service: RunningService
  let url: string
  let acme: TenantInService

  beforeAll(async () => {
    service = await serviceOnFreshDatabase()
    url = await service.app.listen({ host: '127.0.0.1', port: 0 })
    acme = await service.tenant('acme')
    for (const slug of ['globex', 'initech', 'umbrella']) await service.tenant(slug)
    for (const settings of [
      { branding: { displayName: 'Acme' }, notifications: { digest: 'daily' } },
      { branding: { displayName: 'Acme Corporation', accentColor: '#0b6e4f' }, limits: { projects: 40 } },
    ]) {
      await acme.admin('PUT /configuration', {
        body: { settings, comment: 'as they asked' },
        headers: { 'if-match': '*' },
      })
    }
    await acme.admin('PUT /configuration/secrets', { body: { name: 'slackToken', value: 'xoxb-1' } })
    await acme.admin('POST /projects', { body: { slug: 'web', name: 'Web' } })
    browser = await launchBrowser()
  }, 60_000)
  afterAll(() => browser.close())

  /** A page that counts as trouble whatever a user would not be told: errors, refused by the policy, requests elsewhere. */
  async function open(
    place: string,
    {
      dark = false,
      width = 1280,
      signedIn = true,
      ...context
    }: { dark?: boolean; width?: number; signedIn?: boolean; bypassCSP?: boolean } = {},
  ) {
    const session: BrowserContext = await browser.newContext({
      viewport: { width, height: 900 },
      colorScheme: dark ? 'dark' : 'light',
      reducedMotion: 'reduce',
      ...context,
    })
    const page = await session.newPage()
    const troubles: string[] = []
    page.on('pageerror', (error) => troubles.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) troubles.push(message.text())
    })
    page.on('request', (request) => {
      if (!request.url().startsWith(`${url}/`) || request.url().includes(service.operatorToken)) {
        troubles.push(request.url())
      }
    })
    await page.goto(`${url}/admin/#/${place}`)
    if (signedIn) {
      await page.getByLabel('Operator token').fill(service.operatorToken)
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByRole('button', { name: 'Sign out' }).waitFor()
    }
    return { page, troubles, close: () => session.close() }
  }

  const settled = async (page: Page): Promise<void> => {
    await page.waitForLoadState('networkidle')
    await expect.poll(() => page.locator('.skeleton').count()).toBe(0)
  }

  const pages = (): readonly (readonly [name: string, place: string, shows: string])[] => [
    ['tenants', 'tenants', 'globex'],
    ['overview', `tenants/${acme.id}/`, 'Never moved'],
    ['configuration', `tenants/${acme.id}/configuration`, 'Branding'],
    ['revisions', `tenants/${acme.id}/revisions`, 'Roll back to this'],
    ['quotas', `tenants/${acme.id}/quotas`, 'What the tenant has'],
    ['backups', `tenants/${acme.id}/backups`, 'Backups'],
    ['audit', 'audit', 'Audit trail'],
    ['nobody', 'tenants/nobody/', 'No such tenant'],
  ]

  it.each([
    ['light', 1280],
    ['dark', 1280],
    ['light', 400],
  ] as const)(
    'has no violation of axe and no trouble on any page: %s, %i wide',
    async (scheme, width) => {
      const { page, troubles, close } = await open('tenants', {
        dark: scheme === 'dark',
        width,
        bypassCSP: true,
      })
      for (const [name, place, shows] of pages()) {
        await page.evaluate(`location.hash = '#/${place}'`)
        await page.getByText(shows).first().waitFor()
        await settled(page)
        expect(await violations(page), `${name} ${scheme} ${width}`).toEqual([])
        const wider = await page.evaluate(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        )
        expect(wider, `${name} scrolls sideways`).toBeLessThanOrEqual(0)
        if (pictures)
          await page.screenshot({ path: `${pictures}/${name}-${scheme}-${width}.png`, fullPage: true })
      }
      expect(troubles).toEqual([])
      await close()
    },
    60_000,
  )

  async function violations(page: Page): Promise<readonly string[]> {
    if (!(await page.evaluate('"axe" in globalThis'))) await page.addScriptTag({ path: axe })
    const { violations: found } = (await page.evaluate('axe.run()')) as {
      violations: readonly { id: string; nodes: readonly { html: string; failureSummary: string }[] }[]
    }
    return found.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
    )
  }

  it('is refused without the token, which goes nowhere but into the tab', async () => {
    const { page, troubles, close } = await open('tenants', { signedIn: false, bypassCSP: true })
    await page.getByLabel('Operator token').fill('guess')
    await page.keyboard.press('Enter')
    await page.getByText('This is not the operator’s token.').waitFor()
    expect(await violations(page)).toEqual([])
    if (pictures) await page.screenshot({ path: `${pictures}/sign-in.png` })
    await page.getByLabel('Operator token').fill(service.operatorToken)
    await page.keyboard.press('Enter')
    await page.getByText('globex').first().waitFor()
    expect(await page.evaluate('localStorage.length')).toBe(0)
    expect(await page.evaluate('document.cookie')).toBe('')
    expect(page.url()).not.toContain(service.operatorToken)
    await page.getByRole('button', { name: 'Sign out' }).click()
    expect(await page.evaluate('sessionStorage.length')).toBe(0)
    expect(troubles).toEqual([])
    await close()
  })

  it('runs nothing that a tenant has smuggled in, and keeps a strict policy', async () => {
    const { status, headers, text } = await service.as()('GET /admin/')
    expect(status).toBe(200)
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self';/)
    expect(text).not.toMatch(/<script(?![^>]*src=)|style="|https?:/)
    const evil = '<img src=x onerror="document.title=1"><script>document.title=1</script>'
    await acme.admin('PATCH /tenant', { body: { name: evil } })
    const { page, troubles, close } = await open('tenants')
    await page.getByText(evil).waitFor()
    expect(await page.title()).toMatch(/Tracker Admin$/)
    expect(await page.locator('main img').count()).toBe(0)
    expect(troubles).toEqual([])
    await acme.admin('PATCH /tenant', { body: { name: 'Acme' } })
    await close()
  })

  it('finds tenants', async () => {
    const { page, close } = await open('tenants')
    await page.getByLabel('Search').fill('init')
    await page.getByRole('status').getByText('1 tenant', { exact: true }).waitFor()
    expect(await page.getByRole('row').count()).toBe(2)
    await page.getByLabel('Search').fill('nothing-like-it')
    await page.getByText('No tenants found').waitFor()
    await close()
  })

  it('edits a configuration: errors stand at their fields, what is saved is saved', async () => {
    const tenant = await service.tenant('edited')
    const { page, troubles, close } = await open(`tenants/${tenant.id}/configuration`, { bypassCSP: true })
    await page.getByLabel('Accent colour').fill('red')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('One field needs another look.').waitFor()
    const field = page.getByLabel('Accent colour')
    expect(await field.getAttribute('aria-invalid')).toBe('true')
    expect(await violations(page)).toEqual([])
    if (pictures) await page.screenshot({ path: `${pictures}/configuration-error.png` })
    await page.getByRole('link', { name: 'Branding › Accent colour' }).click()
    await field.fill('#112233')
    await page.getByLabel('Projects', { exact: true }).fill('999999')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('must not be more than the agreed 5000').first().waitFor()
    await page.getByLabel('Projects', { exact: true }).fill('12')
    await page.getByLabel('Digest', { exact: true }).selectOption('weekly')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved as revision 2.').waitFor()
    expect((await tenant.admin('GET /configuration')).json.settings).toEqual({
      branding: { accentColor: '#112233' },
      limits: { projects: 12 },
      notifications: { digest: 'weekly' },
    })
    expect(troubles).toEqual([])
    await close()
  })

  it('saves nothing over what somebody else has saved', async () => {
    const tenant = await service.tenant('contested')
    const { page, close } = await open(`tenants/${tenant.id}/configuration`)
    await page.getByLabel('Display name').fill('Mine')
    const body = { settings: { branding: { displayName: 'Theirs' } } }
    await tenant.admin('PUT /configuration', { body, headers: { 'if-match': '*' } })
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Changed meanwhile.').waitFor()
    await page.getByRole('button', { name: 'Drop my changes and load theirs' }).click()
    await expect.poll(() => page.getByLabel('Display name').inputValue()).toBe('Theirs')
    await close()
  })

  it('sets a secret and forgets it, by keyboard alone', async () => {
    const tenant = await service.tenant('secretive')
    const { page, close } = await open(`tenants/${tenant.id}/configuration`)
    await page.getByRole('button', { name: 'Set the GitHub token' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.press('Escape')
    await expect.poll(() => page.getByRole('dialog').count()).toBe(0)
    await page.getByRole('button', { name: 'Set the GitHub token' }).press('Enter')
    await page.getByLabel('New value').fill('ghp_secret')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Replace the GitHub token' }).waitFor()
    expect(await page.content()).not.toContain('ghp_secret')
    await close()
  })

  it('shows what was changed and rolls it back', async () => {
    const { page, troubles, close } = await open(`tenants/${acme.id}/revisions`)
    await page.getByRole('rowheader', { name: 'limits › projects' }).waitFor()
    expect(await page.locator('ins').allInnerTexts()).toContain('Acme Corporation')
    await page.getByRole('button', { name: /^Revision 2/ }).click()
    await page.getByRole('button', { name: 'Roll back to this…' }).click()
    await page.getByRole('button', { name: 'Roll back', exact: true }).click()
    await page.getByRole('button', { name: /^Revision 4/ }).waitFor()
    expect((await acme.admin('GET /configuration')).json.settings.branding.displayName).toBe('Acme')
    expect(troubles).toEqual([])
    await close()
  })

  it('moves a tenant', async () => {
    const tenant = await service.tenant('moving')
    const { page, close } = await open(`tenants/${tenant.id}/`)
    await page.getByRole('button', { name: 'Move…' }).click()
    await page.getByLabel('schema').check()
    if (pictures) await page.screenshot({ path: `${pictures}/dialog.png` })
    await page.getByRole('button', { name: 'Move', exact: true }).click()
    await expect
      .poll(
        async () => {
          await page.getByRole('button', { name: 'Refresh' }).click()
          return page.locator('tbody').innerText()
        },
        { timeout: 20_000 },
      )
      .toMatch(/done/)
    await close()
  }, 30_000)

  it('says so when the service is away', async () => {
    const { page, close } = await open('tenants')
    await page.route('**/operator/**', (route) => route.abort())
    await page.getByLabel('Search').fill('x')
    await page.getByText('The service cannot be reached.').waitFor()
    await page.unroute('**/operator/**')
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByText('tenants', { exact: false }).first().waitFor()
    await close()
  })
})
