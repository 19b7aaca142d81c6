import { matchesGlob, patternPath } from '../glob.ts'
import { parseOf } from '../../source/parsed-file.ts'
import { sideSource } from '../../source/side-source.ts'
import type { Tenancy } from '../../tenancy/tenancy.ts'
import type { FileContext, QueryContext } from '../context.ts'
import { type Project, projectOf } from './project.ts'

type Analyse = (context: FileContext, tenancy: Tenancy) => QueryContext

/** Analyses of other files, shared by all files that are linted under the same tenancy model. */
const analyses = new WeakMap<object, WeakMap<Tenancy, QueryContext>>()

/** The other files of the project as the analysis of one file needs them. */
export class SideFiles {
  readonly project: Project
  readonly #context: FileContext
  readonly #tenancy: Tenancy
  readonly #own: QueryContext
  readonly #analyse: Analyse

  constructor(context: FileContext, tenancy: Tenancy, own: QueryContext, analyse: Analyse) {
    this.project = projectOf(context.filename, context.cwd ?? process.cwd())
    this.#context = context
    this.#tenancy = tenancy
    this.#own = own
    this.#analyse = analyse
  }

  /** The tenancy model says that what the file does is for all tenants. */
  isTenantless(filename: string): boolean {
    return this.#tenancy.tenantless.some(({ files }) =>
      files.some((glob) => matchesGlob(patternPath(filename, this.project.root), glob)),
    )
  }

  /** Null: the file cannot be read. */
  analysisOf(filename: string): QueryContext | null {
    if (filename === this.#context.filename) return this.#own
    const sourceCode = sideSource(filename, parseOf(this.#context.languageOptions))
    if (sourceCode === null) return null
    const known = analyses.get(sourceCode)?.get(this.#tenancy)
    if (known !== undefined) return known
    const made = this.#analyse(this.#contextOf(filename, sourceCode), this.#tenancy)
    const byTenancy = analyses.get(sourceCode) ?? new WeakMap<Tenancy, QueryContext>()
    analyses.set(sourceCode, byTenancy.set(this.#tenancy, made))
    return made
  }

  /** Named one by one: a linter's own context would keep the linted file alive as long as the analysis. */
  #contextOf(filename: string, sourceCode: FileContext['sourceCode']): FileContext {
    const { settings, cwd, languageOptions } = this.#context
    return {
      filename,
      sourceCode,
      settings,
      ...(cwd === undefined ? {} : { cwd }),
      ...(languageOptions === undefined ? {} : { languageOptions }),
    }
  }
}
