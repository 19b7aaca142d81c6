import type { Command } from './command.ts'

/** Loaded when they are called: `--help` needs neither a parser nor a database driver. */
export const commands: Readonly<Record<string, () => Promise<Command>>> = {
  init: async () => (await import('./init.ts')).init,
  audit: async () => (await import('./audit.ts')).audit,
  fuzz: async () => (await import('./fuzz.ts')).fuzz,
  replay: async () => (await import('./replay.ts')).replay,
  merge: async () => (await import('./merge.ts')).merge,
  mutants: async () => (await import('./mutants.ts')).mutants,
  explain: async () => (await import('./explain.ts')).explain,
}
