/** `const TENANT = 'acme'`, `static readonly TENANT = process.env.TENANT`. */
const declared =
  /^[ \t]*(?:export\s+)?(?:const|(?:(?:public|private|protected)\s+)?static\s+readonly)\s+([A-Za-z_$][\w$]*)\s*(?::[^=;\n]+)?=\s*(?:['"`\d]|(?:String|Number)\(process\.env\b|process\.env\b|import\.meta\.env\b|(?:get)?[eE]nv\b)/gm

/** Names that a text declares as a literal, or from the environment of the process. */
export function constantsIn(text: string): ReadonlySet<string> {
  return new Set([...text.matchAll(declared)].map(([, name]) => Buffer.from(name!).toString()))
}
