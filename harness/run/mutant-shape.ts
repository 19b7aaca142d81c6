import { isAbsolute, normalize, sep } from 'node:path'

/** What keeps a value from being a mutant; empty when nothing does. @internal */
export function faultsOfMutant(value: unknown): string[] {
  if (!isRecord(value)) return ['the default export is no mutant']
  const faults = faultsOfTexts(value, ['id', 'area', 'title'])
  if (!Number.isInteger(value['class'])) faults.push('class must be the number of the bug class')
  if (value['edits'] === undefined) faults.push('edits are missing')
  faults.push(...faultsOfEdits('edits', value['edits']), ...faultsOfEdits('twin', value['twin']))
  const { killedBy, knockOut } = value
  if (killedBy !== undefined && !(Array.isArray(killedBy) && killedBy.every(isClaim))) {
    faults.push('killedBy must be an array of { leg: lint | audit | fuzz, by }')
  }
  if (knockOut !== undefined && !(Array.isArray(knockOut) && knockOut.every(isText))) {
    faults.push('knockOut must be an array of ids')
  }
  return faults
}

/** What keeps a value from being a knock-out; empty when nothing does. @internal */
export function faultsOfKnockOut(value: unknown): string[] {
  if (!isRecord(value)) return ['the default export is no array of knock-outs']
  const faults = [...faultsOfTexts(value, ['id', 'title']), ...faultsOfEdits('edits', value['edits'])]
  if (value['sql'] !== undefined && !isText(value['sql'])) faults.push('sql must be a text')
  if (value['sql'] === undefined && value['edits'] === undefined) faults.push('it has neither edits nor sql')
  return faults
}

function faultsOfTexts(value: Readonly<Record<string, unknown>>, fields: readonly string[]): string[] {
  return fields.filter((field) => !isText(value[field])).map((field) => `${field} must be a text`)
}

function faultsOfEdits(field: string, edits: unknown): string[] {
  if (edits === undefined) return []
  if (!Array.isArray(edits) || edits.length === 0) return [`${field} must be a list of edits`]
  return edits.flatMap((edit: unknown, index) => {
    const name = `${field}[${index}]`
    if (
      !isRecord(edit) ||
      !isText(edit['file']) ||
      !isText(edit['find']) ||
      typeof edit['replace'] !== 'string'
    ) {
      return [`${name} must be { file, find, replace }`]
    }
    const path = normalize(edit['file'])
    const outside = isAbsolute(path) || path === '..' || path.startsWith(`..${sep}`)
    if (outside) return [`${name} leaves the service's directory`]
    return edit['find'] === edit['replace'] ? [`${name} changes nothing`] : []
  })
}

function isClaim(value: unknown): boolean {
  return isRecord(value) && ['lint', 'audit', 'fuzz'].includes(String(value['leg'])) && isText(value['by'])
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
