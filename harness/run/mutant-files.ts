import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createJiti } from 'jiti'
import { Problem } from '../../rules/problem.ts'
import { faultsOfKnockOut, faultsOfMutant } from './mutant-shape.ts'
import { disableRowLevelSecurity } from './knock-out-rls.ts'
import type { KnockOut, Mutant } from './mutant.ts'

/** Mutants as read from their folders, with the layers that they may take away. */
export interface MutantCollection {
  readonly mutants: readonly Mutant[]
  readonly knockOuts: ReadonlyMap<string, KnockOut>
}

const readable = /\.(?:[cm]?[jt]s|json)$/
const notAMutant = /(?:\.d\.[cm]?ts|\.test\.[cm]?[jt]s)$|^(?:package|tsconfig)(?:\.\w+)?\.json$/

/**
 * Reads every mutant below the folders (a single file will do, too), in the order of their paths. `knockouts.ts` holds the
 * folder's knock-outs; `rls` exists without it.
 *
 * @throws Problem E-MUTANT naming the file and what is wrong in it
 * @public
 */
export async function loadMutants(places: readonly string[]): Promise<MutantCollection> {
  const mutants = new Map<string, { mutant: Mutant; file: string }>()
  const knockOuts = new Map<string, { knockOut: KnockOut; file: string }>()
  for (const file of new Set(places.flatMap(filesBelow))) {
    const entries = [await defaultExport(file)].flat()
    if (/^knockouts\./.test(basename(file))) {
      for (const entry of entries) {
        reject(file, faultsOfKnockOut(entry))
        add(knockOuts, (entry as KnockOut).id, { knockOut: entry as KnockOut, file })
      }
      continue
    }
    for (const entry of entries) {
      reject(file, faultsOfMutant(entry))
      // What is optional for a hand-written JSON file is settled here, once.
      const mutant = { ...(entry as Mutant), killedBy: (entry as Partial<Mutant>).killedBy ?? [] }
      add(mutants, mutant.id, { mutant, file })
    }
  }
  const known = new Map<string, KnockOut>([[disableRowLevelSecurity.id, disableRowLevelSecurity]])
  for (const [id, { knockOut }] of knockOuts) known.set(id, knockOut)
  for (const { mutant, file } of mutants.values()) {
    const strangers = (mutant.knockOut ?? []).filter((id) => !known.has(id))
    reject(
      file,
      strangers.map((id) => `${mutant.id} knocks out ${id}, which no knockouts file defines`),
    )
  }
  return { mutants: [...mutants.values()].map(({ mutant }) => mutant), knockOuts: known }
}

function filesBelow(place: string): string[] {
  const path = resolve(place)
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found) {
    throw new Problem('E-MUTANT', `There is no ${place}.`, 'Give the folder that holds the mutants.')
  }
  if (!found.isDirectory()) return [path]
  return readdirSync(path, { withFileTypes: true })
    .toSorted((left, right) => (left.name < right.name ? -1 : 1))
    .flatMap((entry) => {
      if (entry.name.startsWith('.') || entry.name === 'node_modules') return []
      if (entry.isDirectory()) return filesBelow(join(path, entry.name))
      return readable.test(entry.name) && !notAMutant.test(entry.name) ? [join(path, entry.name)] : []
    })
}

async function defaultExport(file: string): Promise<unknown> {
  try {
    if (file.endsWith('.json')) return JSON.parse(readFileSync(file, 'utf8')) as unknown
    const jiti = createJiti(pathToFileURL(file).href, { interopDefault: false, moduleCache: false })
    const module = await jiti.import<{ default?: unknown }>(file)
    return module.default
  } catch (cause) {
    throw new Problem(
      'E-MUTANT',
      `${file} does not load: ${cause instanceof Error ? cause.message : String(cause)}.`,
      'Mend the file; it must export a mutant, or an array of them, as default.',
      { cause },
    )
  }
}

function add<Entry extends { file: string }>(known: Map<string, Entry>, id: string, entry: Entry): void {
  const other = known.get(id)
  if (other) reject(entry.file, [`the id ${id} is already taken by ${other.file}`])
  known.set(id, entry)
}

function reject(file: string, faults: readonly string[]): void {
  if (faults.length === 0) return
  throw new Problem(
    'E-MUTANT',
    `${file}: ${faults.join('; ')}.`,
    'Write the file as harness/run/mutant.ts defines a mutant (docs/guides/mutants.md).',
  )
}
