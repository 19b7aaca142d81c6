import type { Linter } from 'eslint'
import watertight from '../../rules/index.ts'

/** A preset that reports whoever calls the code: for snippets that nobody calls. */
export function whoeverCalls(preset: 'recommended' | 'strict'): Linter.Config[] {
  return watertight.configs[preset].map((config) => ({
    ...config,
    rules: Object.fromEntries(
      Object.entries(config.rules ?? {}).map(([id, entry]) => {
        const [severity, options] = entry as [Linter.Severity, Record<string, unknown>]
        return [id, [severity, 'tier' in options ? { ...options, tier: 'every' } : options]]
      }),
    ),
  }))
}
