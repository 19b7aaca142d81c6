import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runCampaign } from '../../harness/run/campaign.ts'
import { replayReceipt } from '../../harness/run/replay.ts'
import { brokenRoutes, leakyRoutes, type Routes, safeRoutes } from '../support/notes-service.ts'
import { notesTarget } from '../support/notes-target.ts'

const receiptsDirectory = mkdtempSync(join(tmpdir(), 'watertight-receipts-'))
const { findings } = await runCampaign(
  { target: notesTarget(leakyRoutes), seed: 5, trials: 120, lanes: 4, receiptsDirectory },
  () => {},
)

/** The leaky service with one operation mended. */
const mended = (operation: string): Routes => ({ ...leakyRoutes, [operation]: safeRoutes[operation]! })

describe('receipts', () => {
  it('are written for every finding, without credentials, canaries and concrete ids', () => {
    expect(findings.length).toBeGreaterThan(3)
    for (const { receipt } of findings) {
      const text = readFileSync(join(receiptsDirectory, receipt!), 'utf8')
      expect(text).not.toMatch(/wtcn[0-9a-z]{14}|Bearer|[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}/)
    }
  })

  it.each(findings.map((finding) => [finding.id, finding] as const))(
    '%s: FAILED while it leaks, FIXED when mended',
    async (id, finding) => {
      const path = join(receiptsDirectory, finding.receipt!)
      expect(await replayReceipt(path, notesTarget(leakyRoutes))).toMatchObject({
        verdict: 'FAILED',
        finding: id,
      })
      expect(await replayReceipt(path, notesTarget(mended(finding.operation)))).toMatchObject({
        verdict: 'FIXED',
        finding: id,
      })
    },
  )

  it('are ERROR, never FIXED, when the service does not work', async () => {
    for (const { receipt } of findings) {
      expect(await replayReceipt(join(receiptsDirectory, receipt!), notesTarget(brokenRoutes))).toMatchObject(
        { verdict: 'ERROR' },
      )
    }
    const start = async (): Promise<never> => {
      throw new Error('no')
    }
    const path = join(receiptsDirectory, findings[0]!.receipt!)
    expect(await replayReceipt(path, notesTarget(leakyRoutes, { start }))).toMatchObject({ verdict: 'ERROR' })
  })

  it('are ERROR when the operation is gone', async () => {
    const { operation, receipt } = findings[0]!
    const rest = Object.fromEntries(Object.entries(leakyRoutes).filter(([route]) => route !== operation))
    expect(await replayReceipt(join(receiptsDirectory, receipt!), notesTarget(rest))).toMatchObject({
      verdict: 'ERROR',
    })
  })

  it.each([
    ['nothing', null],
    ['no JSON', '{'],
    ['another version', '{"version":2}'],
    [
      'no steps',
      '{"version":1,"target":"notes","finding":"a","oracle":"a","operation":"a","relation":"own","steps":[]}',
    ],
    [
      'another target',
      '{"version":1,"target":"other","finding":"a","oracle":"a","operation":"a","relation":"own","steps":[{"operation":"a","relation":"own","payload":{},"pick":0,"focus":0}]}',
    ],
  ])('are refused when they are %s', async (name, text) => {
    const path = join(receiptsDirectory, `${name}.json`)
    if (text !== null) writeFileSync(path, text)
    await expect(replayReceipt(path, notesTarget(safeRoutes))).rejects.toMatchObject({ code: 'E-RECEIPT' })
  })
})
