/** `npm run bench:service -- [NAME]…`: figures of the reference service, each a file in bench/service; all of them without a name. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { readdirSync, readFileSync } from 'node:fs'

const folder = join(import.meta.dirname, 'service')
/** A bench says in its first lines how it is called; the other files are what benches share. */
const known = readdirSync(folder)
  .filter((file) => readFileSync(join(folder, file), 'utf8').includes('npm run bench:service -- '))
  .map((file) => file.replace(/\.ts$/, ''))
const wanted = process.argv.length > 2 ? process.argv.slice(2) : known

for (const name of wanted) {
  if (!known.includes(name)) {
    console.error(`There is no bench ${name}. Name one of ${known.join(', ')}.`)
    process.exit(2)
  }
}
for (const name of wanted) {
  const child = spawn(process.execPath, ['--import', 'tsx', join(folder, `${name}.ts`)], { stdio: 'inherit' })
  const [code] = (await once(child, 'exit')) as [number | null]
  process.exitCode ||= code ?? 1
}
