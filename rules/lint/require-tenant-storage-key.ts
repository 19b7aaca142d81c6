import type { TSESTree } from '@typescript-eslint/utils'
import { tenantText } from '../query/advice.ts'
import type { FileView } from '../surroundings/file.ts'
import { isGlobalId, keyOf, namesTenant } from '../surroundings/key.ts'
import { defineFileRule } from '../surroundings/rule.ts'
import {
  type StorageAccess,
  isChecked,
  isChosenByServer,
  isCleaned,
  isRandom,
  storageAccesses,
} from '../surroundings/storage.ts'

interface Options {
  /** Take an id in the key for one that only one tenant has. */
  readonly allowGlobalIds: boolean
  /** Report also keys that are made of parameters of the function. */
  readonly reportUnknown: boolean
}

/** Objects and files under names that the request chooses, and that do not name the tenant. */
export default defineFileRule<Options>({
  name: 'require-tenant-storage-key',
  description: 'Require the key of stored objects to name the tenant',
  evenSingleTenant: false,
  presets: ['recommended', 'strict'],
  messages: {
    object:
      'The object is found under `{{key}}`, which {{chooser}} chooses and which does not name the tenant: the objects of all tenants lie under such keys. Begin the key with {{tenant}}.',
    file: 'The path holds `{{part}}`, which the request chooses: `../` in it leads to the files of other tenants and beyond. Take the name apart with `path.basename`, or look the path up in a row of the tenant.',
  },
  schema: {
    allowGlobalIds: {
      type: 'boolean',
      description: 'Take an id in the key for one that only one tenant has.',
    },
    reportUnknown: {
      type: 'boolean',
      description: 'Report also keys that are made of parameters of the function.',
    },
  },
  defaults: { allowGlobalIds: true, reportUnknown: false },
  mentions: (text) =>
    /@aws-sdk|aws-sdk|@google-cloud\/storage|@azure\/storage-blob|@vercel\/blob|minio|\bfs\b|fs-extra/.test(
      text,
    ) || /\b(\.file|getBlockBlobClient|Command)\(/.test(text),
  check(file, options, report) {
    const { sourceCode } = file.scope
    for (const access of storageAccesses(file)) {
      const part = chosenPart(access, file, options)
      if (part === null || isChecked(access, file)) continue
      const request = file.scope.provenanceOf(part).kind === 'request'
      report(access.kind, access.key, {
        key: sourceCode.getText(access.key),
        part: sourceCode.getText(part),
        chooser: request ? 'the request' : 'the caller',
        tenant: tenantText(file.tenancy),
      })
    }
  },
})

/** The part of the name that leads into what belongs to others; null when there is none. */
function chosenPart(access: StorageAccess, file: FileView, options: Options): TSESTree.Node | null {
  const { scope, tenancy } = file
  const key = keyOf([access.key], scope)
  const isChosen = (part: TSESTree.Node): boolean => {
    if ((part.type === 'CallExpression' && !isReader(part)) || isChosenByServer(part, scope)) return false
    const { kind } = scope.provenanceOf(part)
    return kind === 'request' || (options.reportUnknown && access.kind === 'object' && kind === 'parameter')
  }
  const chosen = key.parts.filter(isChosen)
  if (access.kind === 'file') {
    // Ids that a router has matched may still hold `..%2F`; tenants do not.
    return chosen.find((part) => !isCleaned(part, key) && isSent(part, file)) ?? null
  }
  if (namesTenant(key, scope) || key.parts.some((part) => isRandom(part))) return null
  if (options.allowGlobalIds && key.parts.some((part) => isGlobalId(part, tenancy))) return null
  return chosen[0] ?? null
}

/** `c.req.param('name')`, `form.get('name')`: a part of what was sent, by its name. What other calls make of their arguments is another value. */
function isReader({ callee, arguments: given }: TSESTree.CallExpression): boolean {
  return (
    callee.type === 'MemberExpression' && given.length > 0 && given.every(({ type }) => type === 'Literal')
  )
}

/** `context.file` and `opts.file` are as often those of a build tool or a command. */
function isSent(part: TSESTree.Node, { scope }: FileView): boolean {
  const origin = scope.provenanceOf(part)
  return origin.kind === 'request' && !/^(opts|context)\.files?\b/.test(origin.path)
}
