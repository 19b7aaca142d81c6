import type { TSESLint, TSESTree } from '@typescript-eslint/utils'
import { arrayOf } from '../provenance/array-view.ts'
import { unwrap } from '../source/children.ts'
import { Definer } from '../source/define.ts'
import { parseOf } from '../source/parsed-file.ts'
import { linted } from '../source/module.ts'
import { objectOf } from '../provenance/object-view.ts'
import { Reader } from '../source/reader.ts'
import { Tracer } from '../provenance/trace.ts'
import { writesOf } from '../provenance/writes.ts'
import type { Tenancy } from '../tenancy/tenancy.ts'
import type { ExtractionScope } from './library.ts'

export interface ScopeOptions {
  readonly sourceCode: TSESLint.SourceCode
  readonly filename: string
  readonly tenancy: Tenancy
  readonly languageOptions: TSESLint.FlatConfig.LanguageOptions | undefined
  /** Is the node a query? Asked back by provenance, to tell rows. */
  readonly isQuery: (node: TSESTree.Node) => boolean
}

/** The answers that extractors get about one file. */
export function extractionScope(options: ScopeOptions): ExtractionScope {
  const { sourceCode, filename, tenancy } = options
  const module = linted(sourceCode, filename)
  const definer = new Definer(module, parseOf(options.languageOptions))
  const reader = new Reader(sourceCode, module, definer)
  const tracer = new Tracer({
    sourceCode,
    module,
    trusted: tenancy.trusted,
    isQuery: options.isQuery,
    importedConstant: (node) => reader.importedConstant(node),
  })
  return {
    sourceCode,
    filename,
    tenancy,
    resolve: (node) => reader.resolve(node),
    definitionOf: (node) => definer.definitionOf(node),
    definitionIn: (node, from) => definer.definitionIn(node, from),
    provenanceOf: (node) => tracer.provenanceOf(node),
    constantOf: (node) => reader.constantOf(node),
    objectOf: (node) => objectOf(node, reader, (value) => tracer.provenanceOf(value)),
    arrayOf: (node) => arrayOf(node, reader),
    writesOf: (identifier, at) => writesOf(sourceCode, identifier, at),
    textOf: (node, file) => definer.moduleOf(file)?.text.slice(node.range[0], node.range[1]) ?? null,
    pathOf: (node) => pathOf(node, sourceCode),
  }
}

function pathOf(node: TSESTree.Node, sourceCode: TSESLint.SourceCode): string {
  const bare = unwrap(node, true)
  switch (bare.type) {
    case 'ThisExpression':
      return ''
    case 'MemberExpression': {
      const object = pathOf(bare.object, sourceCode)
      const name = sourceCode.getText(bare.property)
      return object === '' ? name : `${object}.${name}`
    }
    case 'CallExpression':
      return `${pathOf(bare.callee, sourceCode)}()`
    default:
      return sourceCode.getText(bare)
  }
}
