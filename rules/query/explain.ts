import type { ESLint, Linter as EslintLinter } from 'eslint'
import { dirname, relative, resolve } from 'node:path'
import type { Evidence, Verdict } from '../confinement/verdict.ts'
import type { Provenance } from '../provenance/provenance.ts'
import { functionsCalled } from '../sql/plain-functions.ts'
import type { Tenancy } from '../tenancy/tenancy.ts'
import { leakText, relationText } from './advice.ts'
import { exposureText } from './reach/reach-text.ts'
import { type CallSite, type QueryContext, contextFor } from './context.ts'
import { fingerprintOf } from './escape/fingerprint.ts'

/**
 * Explains the query at a line: how it was understood, and the verdict and evidence for every relation.
 *
 * @param text - source of the file
 * @param filename - its path, by which imports are followed
 * @param line - 1-based
 * @throws when the file does not parse, or ESLint is not installed
 * @public
 */
export async function explain(
  text: string,
  filename: string,
  line: number,
  tenancy: Tenancy,
): Promise<string> {
  const file = await contextOf(text, filename, tenancy)
  const sites = (file?.sites ?? []).filter(
    ({ node }) => node.loc.start.line <= line && line <= node.loc.end.line,
  )
  if (file === null || sites.length === 0) return `${filename}:${line}: no query is recognised at this line.`
  return sites.map((site) => describeSite(site, file, filename)).join('\n\n')
}

async function contextOf(text: string, filename: string, tenancy: Tenancy): Promise<QueryContext | null> {
  const { Linter } = await import('eslint')
  const parser = await import('@typescript-eslint/parser').catch(() => null)
  let found: QueryContext | null = null
  const capture: ESLint.Plugin = {
    rules: {
      capture: {
        create(context) {
          found = contextFor(context as never, tenancy)
          return {}
        },
      },
    },
  }
  const config: EslintLinter.Config = {
    files: ['**/*.{js,cjs,mjs,jsx,ts,cts,mts,tsx}'],
    plugins: { explain: capture },
    rules: { 'explain/capture': 'error' },
    linterOptions: { reportUnusedDisableDirectives: 'off' },
    ...(parser === null ? {} : { languageOptions: { parser: parser as never } }),
  }
  const path = resolve(filename)
  // Whoever calls the query is looked for where the linter would look: below the folder that the program runs in.
  const isBelow = !relative(process.cwd(), path).startsWith('..')
  const linter = new Linter({ configType: 'flat', cwd: isBelow ? process.cwd() : dirname(path) })
  const messages = linter.verify(text, [config], { filename: path })
  const failed = messages.find((message) => message.fatal === true || message.ruleId === null)
  if (failed !== undefined) throw new Error(`${filename}:${failed.line}:${failed.column}: ${failed.message}`)
  return found
}

function describeSite(site: CallSite, file: QueryContext, filename: string): string {
  const { line, column } = site.node.loc.start
  const lines = [`${filename}:${line}:${column + 1} fingerprint=${fingerprintOf(site)}`]
  for (const opaque of site.opaques) lines.push(`  ${opaque.library} call, not understood: ${opaque.reason}`)
  for (const [index, judged] of site.queries.entries()) {
    const { query, occurrences } = judged
    const variant = site.queries.length > 1 ? ` (variant ${index + 1} of ${site.queries.length})` : ''
    lines.push(`  ${query.library} ${query.statement.block.kind} through \`${query.client}\`${variant}`)
    query.statement.parameters.forEach(({ name }, at) => {
      lines.push(`    ${name} is ${describeValue(query.values[at])}`)
    })
    for (const { node, position, provenance } of query.interpolations) {
      const source = file.scope.sourceCode.getText(node)
      lines.push(`    \`${source}\` is pasted into the text (${position}): ${describeValue(provenance)}`)
    }
    for (const name of functionsCalled(query.statement)) {
      lines.push(`    calls ${name}(), whose body is not in sight`)
    }
    for (const one of occurrences) {
      const declared = one.declared === null ? '' : `; ${one.declared} is declared to confine it`
      lines.push(
        `    ${one.occurrence.access} ${relationText(one)}: ${describeVerdict(one.verdict)}${declared}`,
      )
      if (one.verdict.kind === 'leak') lines.push(`      ${exposureText(file.exposureOf(judged, one))}`)
    }
  }
  return lines.join('\n')
}

function describeValue(value: Provenance | undefined): string {
  if (value === undefined) return 'not known'
  const nullable = value.nullable ? ', may be absent' : ''
  if (value.kind === 'literal') {
    const { written } = value
    return written === undefined
      ? `the constant ${JSON.stringify(value.value)}`
      : `what the program writes: \`${written}\``
  }
  const words = {
    trusted: 'the authenticated tenant',
    request: 'chosen by the request',
    row: 'from a row that was read',
    parameter: 'a parameter of the function',
    unknown: 'of unknown origin',
  }
  return `${words[value.kind]} (\`${value.path}\`)${nullable}`
}

function describeVerdict(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'confined':
      return `confined: ${describeEvidence(verdict.evidence)}`
    case 'leak':
      return `LEAK: ${leakText(verdict.reason)}`
    case 'unknown':
      return `unknown: ${verdict.reason}`
  }
}

function describeEvidence(evidence: Evidence): string {
  switch (evidence.kind) {
    case 'global':
      return `global (${evidence.reason})`
    case 'key':
      return `${evidence.column} is bound to the tenant`
    case 'parent':
      return `through ${evidence.parent}, where ${describeEvidence(evidence.by)}`
    case 'empty':
      return 'the condition is never true'
    case 'declared':
      return `declared: ${evidence.by}`
  }
}
