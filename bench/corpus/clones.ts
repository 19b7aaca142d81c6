import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** Where clones lie: `owner/name` or `owner+name` below the folder, with or without a work tree. */
export function cloneOf(repository: string, clones: string): string | null {
  const [owner, name] = repository.split('/')
  const places = [
    join(clones, `${owner}+${name}`, 'repo'),
    join(clones, `${owner}+${name}`),
    join(clones, owner!, name!),
    join(clones, name!),
  ]
  return places.find((place) => existsSync(join(place, 'HEAD')) || existsSync(join(place, '.git'))) ?? null
}

const readable =
  /\.(?:ts|tsx|mts|cts|js|jsx|mjs|cjs|prisma|sql)$|(?:^|\/)(?:package|tsconfig[^/]*|jsconfig)\.json$|(?:^|\/)pnpm-workspace\.yaml$/

/** Lays the sources of one commit into `folder`, once; an interrupted run leaves nothing that looks complete. */
export function layTree(clone: string, commit: string, folder: string): string {
  if (existsSync(folder)) return folder
  const building = `${folder}.part`
  rmSync(building, { recursive: true, force: true })
  mkdirSync(building, { recursive: true })
  const environment = {
    ...process.env,
    GIT_DIR: existsSync(join(clone, '.git')) ? join(clone, '.git') : clone,
    GIT_WORK_TREE: building,
    GIT_INDEX_FILE: `${building}.index`,
  }
  const git = (parameters: readonly string[], input = ''): string =>
    execFileSync('git', parameters, {
      cwd: building,
      env: environment,
      input,
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
      stdio: ['pipe', 'pipe', 'ignore'],
    })
  git(['read-tree', commit])
  const files = git(['ls-files', '-z'])
    .split('\0')
    .filter((file) => readable.test(file) && !/(?:^|\/)(?:node_modules|dist|\.next|\.yarn)\//.test(file))
  git(['checkout-index', '-z', '--stdin'], files.join('\0'))
  rmSync(environment.GIT_INDEX_FILE, { force: true })
  renameSync(building, folder)
  return folder
}

/** Full name of what a revision names in the clone. */
export function commitOf(clone: string, revision: string): string {
  return execFileSync('git', ['-C', clone, 'rev-parse', `${revision}^{commit}`], { encoding: 'utf8' }).trim()
}
