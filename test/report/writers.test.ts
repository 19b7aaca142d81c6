import { spawnSync } from 'node:child_process'
import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { consoleReport } from '../../harness/report/console.ts'
import { writeCurl } from '../../harness/report/curl.ts'
import { escapeXml, writeJunit } from '../../harness/report/junit.ts'
import { recordOf } from '../../harness/report/record.ts'
import { writeSarif } from '../../harness/report/sarif.ts'
import { writeVitest } from '../../harness/report/vitest.ts'
import type { CampaignSummary } from '../../harness/run/events.ts'
import { sampleEvents, sampleFinding, sampleSummary } from '../support/campaign-sample.ts'

const record = (summary: CampaignSummary, target?: string) => recordOf(sampleEvents(summary, target))!

/** Well-formed as far as it matters here: tags nest, attributes are quoted, no bare `<` or `&`. Returns the element names. */
function parseXml(text: string): string[] {
  const names: string[] = []
  const open: string[] = []
  const rest = text
    .replace(/^<\?xml[^?]*\?>/, '')
    .replace(
      /<(\/?)([a-z]+)((?:\s+[a-z]+="[^"<]*")*)(\/?)>/g,
      (_, close: string, name: string, __, empty: string) => {
        if (close === '/') expect(open.pop()).toBe(name)
        else names.push(name)
        if (close === '' && empty === '') open.push(name)
        return ''
      },
    )
  expect(open).toEqual([])
  expect(rest).not.toMatch(/[<>]|&(?!#\d+;)/)
  return names
}

describe('JUnit', () => {
  test.prop([fc.string({ unit: 'binary' })])('is well-formed whatever the service answers', (text) => {
    const xml = writeJunit(record(sampleSummary({ findings: [sampleFinding(text, { id: text })] }), text))
    const names = parseXml(xml)
    expect(names.filter((name) => name === 'failure')).toHaveLength(2)
    expect(xml).not.toMatch(/[\0-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/)
  })

  it.each([
    ['clean', 'failures="0" errors="0"'],
    ['uncovered', 'failures="1" errors="0"'],
    ['inconclusive', 'failures="0" errors="1"'],
  ] as const)('never counts %s as something else', (verdict, counts) => {
    expect(writeJunit(record(sampleSummary({ verdict, findings: [] })))).toContain(counts)
  })

  it('escapes what XML cannot hold', () => {
    expect(escapeXml('a\0<"\ud800')).toBe('a\ufffd&#60;&#34;\ufffd')
  })
})

describe('SARIF', () => {
  const log = JSON.parse(writeSarif(record(sampleSummary()), 'bench/my target.ts'))
  const run = log.runs[0]

  it('is a SARIF 2.1.0 log whose results refer to declared rules', () => {
    expect(log.version).toBe('2.1.0')
    expect(run.tool.driver.name).toBe('watertight')
    const ids = run.tool.driver.rules.map((rule: { id: string }) => rule.id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const result of run.results) {
      expect(ids[result.ruleIndex]).toBe(result.ruleId)
      expect(['error', 'warning', 'note', 'none']).toContain(result.level)
      expect(result.message.text).not.toBe('')
      expect(result.locations[0].physicalLocation.artifactLocation.uri).toBe('bench/my%20target.ts')
      expect(result.locations[0].physicalLocation.region.startLine).toBeGreaterThan(0)
    }
  })

  it('fingerprints a result with the identity of the finding', () => {
    expect(run.results[0].partialFingerprints).toEqual({
      'watertight/v1': 'foreign-read:getTask:foreign:title',
    })
  })

  it('says when the run did not do its work', () => {
    const failed = JSON.parse(
      writeSarif(record(sampleSummary({ verdict: 'inconclusive', findings: [] })), null),
    )
    expect(failed.runs[0].invocations[0].executionSuccessful).toBe(false)
    expect(run.invocations[0].executionSuccessful).toBe(true)
  })
})

describe('curl and Vitest', () => {
  test.prop([fc.string({ unit: 'binary' })], { numRuns: 25 })('a title cannot leave its comment', (text) => {
    const title = `${text.replaceAll('\0', '')}\nexit 3\r\nexit 4`
    const script = writeCurl([sampleFinding('x', { title, evidence: title, id: 'a', curl: 'echo done\n' })])
    const { status, stdout } = spawnSync('bash', [], { input: script, encoding: 'utf8' })
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'done\n' })
  })

  test.prop([fc.string({ unit: 'binary' })])('a title stays a string literal', (title) => {
    const text = writeVitest([sampleFinding('x', { title })], (receipt) => `receipts/${receipt}`, 'target.ts')
    const line = text.split('\n').find((candidate) => candidate.includes('receipts/'))!
    expect(JSON.parse(line.trim().replace(/,$/, ''))).toEqual([title, 'receipts/foreign-read-getTask.json'])
  })
})

describe('console', () => {
  const print = (summary: CampaignSummary, live: boolean, color = false) => {
    let text = ''
    const report = consoleReport({ write: (piece) => (text += piece), live, color, columns: 80 })
    for (const event of sampleEvents(summary)) report(event)
    return text
  }

  it('prints plain lines without escapes into a pipe', () => {
    const text = print(sampleSummary(), false)
    expect(text).not.toMatch(/[\u001b\r]/)
    expect(text).toMatch(/FINDING {2}Tenants are not isolated/)
    expect(text).toMatch(/curl -sS/)
    expect(text).toMatch(/1\) attacker\.admin {2}GET \/login/)
    expect(text).toMatch(/the owner never succeeded: deleteTask/)
  })

  it('draws one line over again for a person, and clears it', () => {
    const text = print(sampleSummary(), true)
    expect(text).toMatch(/█+░+ +25 %/)
    expect(text.split('\r\u001b[2K').length).toBe(2)
  })

  it('colours only where colour is wanted', () => {
    expect(print(sampleSummary(), false, true)).toMatch(/\u001b\[31m/)
  })

  it('lets no answer move the cursor', () => {
    const finding = sampleFinding('\u001b[2J\u001b]0;x\u0007')
    expect(print(sampleSummary({ findings: [finding] }), false)).not.toMatch(/\u001b/)
  })

  it.each(['clean', 'inconclusive', 'uncovered'] as const)('says %s and why', (verdict) => {
    const problem = verdict === 'clean' ? null : { code: 'E-X', message: 'because' }
    const text = print(sampleSummary({ verdict, findings: [], problem }), false)
    expect(text).toContain(verdict.toUpperCase())
    if (problem !== null) expect(text).toContain('E-X: because')
  })
})
