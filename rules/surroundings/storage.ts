import type { TSESTree } from '@typescript-eslint/utils'
import { calleeName } from '../source/callee.ts'
import { contains, functionAround } from '../source/children.ts'
import type { ExtractionScope } from '../query/library.ts'
import type { FileView } from './file.ts'
import type { Key } from './key.ts'
import { exportOf, originOf } from '../source/origin.ts'

/** A call that reads or writes an object of a store, or a file, under a name. */
export interface StorageAccess {
  readonly node: TSESTree.Node
  readonly kind: 'object' | 'file'
  readonly key: TSESTree.Node
}

/** Every such call of the file: Amazon S3, Google Cloud Storage, Azure and Vercel blobs, MinIO, `node:fs`. */
export function storageAccesses(file: FileView): readonly StorageAccess[] {
  const { scope } = file
  return [...file.all('NewExpression'), ...file.all('CallExpression')].flatMap((node): StorageAccess[] => {
    const made = node.type === 'NewExpression' ? commandKey(node, scope) : objectKey(node, scope)
    if (made !== null) return [{ node, kind: 'object', key: made }]
    const path = node.type === 'CallExpression' ? filePath(node, scope) : null
    return path === null ? [] : [{ node, kind: 'file', key: path }]
  })
}

const argument = (
  node: TSESTree.CallExpression | TSESTree.NewExpression,
  index: number,
): TSESTree.Node | null => {
  const found = node.arguments[index]
  return found === undefined || found.type === 'SpreadElement' ? null : found
}

function property(node: TSESTree.Node | null, name: string, scope: ExtractionScope): TSESTree.Node | null {
  const view = node === null ? null : scope.objectOf(node)
  return view?.properties.findLast((one) => one.name === name)?.value ?? null
}

/** `new PutObjectCommand({ Key })`, `new Upload({ params: { Key } })`. */
function commandKey(node: TSESTree.NewExpression, scope: ExtractionScope): TSESTree.Node | null {
  const exported = exportOf(scope.definitionOf(node.callee))
  const options = argument(node, 0)
  switch (exported?.module) {
    case '@aws-sdk/client-s3':
      return exported.name.endsWith('Command') ? property(options, 'Key', scope) : null
    case '@aws-sdk/lib-storage':
      return property(property(options, 'params', scope), 'Key', scope)
    default:
      return null
  }
}

function objectKey(node: TSESTree.CallExpression, scope: ExtractionScope): TSESTree.Node | null {
  const origin = originOf(scope.definitionOf(node.callee))
  const name = origin?.path.at(-1) ?? ''
  switch (origin?.module) {
    case 'aws-sdk':
    case 'aws-sdk/clients/s3':
      return property(argument(node, name.startsWith('getSignedUrl') ? 1 : 0), 'Key', scope)
    case '@aws-sdk/s3-presigned-post':
      return property(argument(node, 1), 'Key', scope)
    case '@google-cloud/storage':
      if (name === 'upload') return property(argument(node, 1), 'destination', scope)
      return name === 'file' ? argument(node, 0) : null
    case '@azure/storage-blob':
      return /^get(Block|Append|Page)?BlobClient$/.test(name) ? argument(node, 0) : null
    case '@vercel/blob':
      return /^(put|head|del|download|getDownloadUrl|createMultipartUpload)$/.test(name)
        ? argument(node, 0)
        : null
    case 'minio':
      return /Object$/.test(name) ? argument(node, 1) : null
    default:
      return null
  }
}

const fileSystem = /^(node:)?fs(\/promises)?$|^(fs-extra|graceful-fs)$/

const fileCalls =
  /^(promises\.)?(writeFile|appendFile|readFile|createWriteStream|createReadStream|unlink|rm|open|copyFile|outputFile)(Sync)?$/

function filePath(node: TSESTree.CallExpression, scope: ExtractionScope): TSESTree.Node | null {
  const exported = exportOf(scope.definitionOf(node.callee))
  if (exported === null || !fileSystem.test(exported.module) || !fileCalls.test(exported.name)) return null
  return argument(node, 0)
}

/** Functions after which a value is one harmless name. */
const cleaning =
  /basename|saniti[sz]e|slugify|hash|digest|^safe|^hex$|encodeURIComponent|^Number$|parseInt|uuid/i

/** Does a value go through such a function on its way into the key, wherever it gets there? */
export function isCleaned(part: TSESTree.Node, { through }: Key): boolean {
  const ways = through.get(part) ?? []
  if (ways.length > 0 && ways.every((calls) => calls.some(isCleaning))) return true
  for (let at = part.parent; at != null && !/Statement$|Declarat/.test(at.type); at = at.parent) {
    if (at.type === 'CallExpression' && isCleaning(at)) return true
  }
  return false
}

const isCleaning = (call: TSESTree.CallExpression): boolean => cleaning.test(calleeName(call) ?? '')

/** Random names are nobody else's. */
export const isRandom = (node: TSESTree.Node): boolean => {
  if (node.type !== 'CallExpression') return false
  const name = calleeName(node)
  return /nanoid|uuid|cuid|ulid|random|newId/i.test(name ?? '')
}

/** Fields of an upload that the server itself fills in: `request.file.path`. */
export function isChosenByServer(part: TSESTree.Node, scope: ExtractionScope): boolean {
  const origin = scope.provenanceOf(part)
  const path = origin.kind === 'request' ? origin.path : ''
  return /\bfiles?\b.*\.(path|filename|filepath|destination|size|mimetype|newFilename)$/.test(path)
}

/** Does the function look at where the name leads (`path.startsWith(root)`, `relative(root, path)`, a list of allowed names)? */
export function isChecked({ node }: StorageAccess, file: FileView): boolean {
  const around = functionAround(node)
  return file.all('CallExpression').some((call) => {
    if (around !== null && !contains(around, call)) return false
    const name = calleeName(call)
    return /^(startsWith|relative|isPathInside|includes|has|test)$/.test(name ?? '')
  })
}
