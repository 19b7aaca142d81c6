/**
 * Names of the path parameters that a file-system router takes from the path of the file: `teams/[teamId]/index.ts`. The
 * request holds them under `query`, but the route does not match without them; `[[...rest]]` may be empty.
 */
export function routeParameters(filename: string): ReadonlySet<string> {
  const found = filename.matchAll(/(?:^|[\\/])\[(?:\.\.\.)?([^[\].\\/]+)\](?=[\\/.]|$)/g)
  return new Set([...found].map((match) => match[1]!))
}

/** `app/tasks/route.ts`, which exports a handler for each method. */
export const isRouteModule = (filename: string): boolean =>
  /(?:^|\/)app\/(?:.*\/)?route\.[cm]?[jt]sx?$/.test(slashed(filename))

/** `pages/api/tasks.ts`, whose default export is the handler. */
export const isApiPage = (filename: string): boolean =>
  /(?:^|\/)pages\/api\/.*\.[cm]?[jt]sx?$/.test(slashed(filename))

const slashed = (filename: string): string => filename.replaceAll('\\', '/')
