/** How ORMs turn the names of classes and properties into names of tables and columns. */

/** `OAuthToken` → `o_auth_token`, as TypeORM does. */
export function snakeCase(name: string): string {
  return name
    .replace(/([A-Z])([A-Z])([a-z])/g, '$1_$2$3')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
}

/** `team_id` → `teamId`, `Team` → `team`, as TypeORM does. */
export function camelCase(name: string): string {
  return name.replace(/^([A-Z])|[\s_-](\w)/g, (_, first?: string, next?: string) =>
    next === undefined ? first!.toLowerCase() : next.toUpperCase(),
  )
}

export function capitalised(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}
