import type {
  CampaignEvent,
  CampaignSummary,
  Cell,
  Finding,
  OracleId,
  Relation,
} from '../../harness/run/events.ts'

/** A finding with every field filled, in which `text` stands wherever a service under attack can put its words. */
export function sampleFinding(text: string, change: Partial<Finding> = {}): Finding {
  const request = {
    operation: 'getTask',
    actor: 'attacker.admin',
    method: 'GET',
    path: `/tasks/victim.task#1?q=${text}`,
    headers: { 'x-tenant': text },
    body: { title: text },
  }
  return {
    id: 'foreign-read:getTask:foreign:title',
    oracle: 'foreign-read',
    operation: 'getTask',
    relation: 'foreign',
    title: `GET /tasks/{taskId} shows a task of another tenant ${text}`,
    evidence: `The field title holds <canary of victim>. ${text}`,
    steps: [
      { request: { ...request, path: '/login' }, response: { status: 204, excerpt: '' } },
      { request, response: { status: 200, excerpt: `{"id":"victim.task#1","title":"${text}"}` } },
    ],
    requests: 2,
    reproductionRate: 1,
    curl: `#!/usr/bin/env bash\nTOKEN=\${TOKEN:?token of attacker.admin}\ncurl -sS -H "Authorization: Bearer $TOKEN" "$BASE/tasks/$TASK" # ${text.replace(/\s+/g, ' ')}\n`,
    trial: 7,
    receipt: 'foreign-read-getTask.json',
    ...change,
  }
}

const oracles: readonly OracleId[] = [
  'foreign-read',
  'foreign-write',
  'existence',
  'error-message',
  'principal',
  'interference',
]
const operations = ['createTask', 'deleteTask', 'getTask', 'listProjects', 'searchTasks', 'updateTask']
const relations: readonly Relation[] = ['own', 'foreign', 'ghost']

function sampleMatrix(): Cell[] {
  return operations.flatMap((operation, row) =>
    oracles.flatMap((oracle, column) =>
      row === 3 && column === 1
        ? []
        : relations.map((relation, index): Cell => {
            const missing = operation === 'deleteTask' || (index === 2 && (row + column) % 4 === 0)
            return {
              operation,
              relation,
              oracle,
              judged: missing ? 0 : 3 + row * column,
              gap: missing ? (operation === 'deleteTask' ? 'the owner never succeeded' : 'never sent') : null,
            }
          }),
    ),
  )
}

/** A summary of a finished campaign. */
export function sampleSummary(change: Partial<CampaignSummary> = {}): CampaignSummary {
  const matrix = sampleMatrix()
  const gaps = matrix.filter(({ gap }) => gap !== null)
  return {
    verdict: 'finding',
    mode: 'hunt',
    seed: 4711,
    trials: 412,
    requests: 38211,
    seconds: 20.04,
    requestsPerSecond: 1906.7,
    findings: [sampleFinding('plain')],
    coverage: { cells: matrix.length, exercised: matrix.length - gaps.length, gaps, matrix },
    claim: null,
    problem: null,
    ...change,
  }
}

/** The whole stream of one campaign that ends with the summary. */
export function sampleEvents(summary: CampaignSummary, target = 'project service'): CampaignEvent[] {
  return [
    {
      type: 'campaign-started',
      version: 1,
      target,
      mode: summary.mode,
      seed: summary.seed,
      shard: { index: 1, of: 1 },
      operations: operations.length,
      oracles,
      tenants: 3,
    },
    { type: 'phase', name: 'provision', seconds: 0.8 },
    {
      type: 'progress',
      trials: 100,
      requests: 9000,
      findings: 0,
      exercised: 60,
      cells: summary.coverage.cells,
      fraction: 0.25,
    },
    { type: 'warning', code: 'W-SLOW', message: 'one answer took 4 s' },
    ...summary.findings.map((finding): CampaignEvent => ({ type: 'finding', finding })),
    { type: 'campaign-ended', summary },
  ]
}
