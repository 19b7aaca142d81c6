import { describe, expect, it } from 'vitest'
import { coverageFault, reachFault } from '../../harness/run/conclusion.ts'
import { CoverageLedger } from '../../harness/run/coverage.ts'
import type { Operation } from '../../harness/target/target.ts'

function operation(id: string): Operation {
  return { id, method: 'GET', path: `/${id}`, parameters: [], access: 'tenant', writes: false }
}

describe('enough to call a campaign clean', () => {
  it('is two thirds of the operations with a positive control', () => {
    const operations = ['a', 'b', 'c'].map(operation)
    const ledger = new CoverageLedger()
    ledger.control('a', 200, true)
    expect(coverageFault(operations, ledger)).toMatch('only 1 of 3 operations worked')
    ledger.control('b', 200, true)
    expect(coverageFault(operations, ledger)).toBeNull()
  })

  it('is nine tenths of the cells of what worked, blind cells left out', () => {
    const ledger = new CoverageLedger()
    for (let index = 0; index < 10; index++) {
      ledger.declare(`o${index}`, 'own', 'foreign-read')
      ledger.declare(`o${index}`, 'own', 'interference', 'no twin worlds')
      ledger.control(`o${index}`, 200, true)
      if (index < 8) ledger.judged(`o${index}`, 'own', 'foreign-read')
    }
    ledger.declare('refused', 'own', 'foreign-read')
    const done = { done: 5, essential: 5 }
    expect(ledger.reach()).toEqual({ cells: 10, exercised: 8 })
    expect(reachFault(ledger.reach(), done)).toMatch('only 8 of 10 cells')
    ledger.judged('o8', 'own', 'foreign-read')
    expect(reachFault(ledger.reach(), done)).toBeNull()
  })

  it('is a sweep that came to its end', () => {
    expect(reachFault({ cells: 1, exercised: 1 }, { done: 4, essential: 5 })).toMatch('4 of the 5 essential')
  })
})
