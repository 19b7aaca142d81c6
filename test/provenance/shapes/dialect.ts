/** Text of an expression of the program that a shape is made of. */
export type Expression = string

/**
 * How one library says what the shapes need: every function gives the text of an awaited expression. The programs have projects that are a
 * team's, tasks that are a project's, and memberships that say who may act in which team.
 */
export interface Dialect {
  readonly library: string
  /** Imports and the client. */
  readonly header: string
  /** What the rows call the team. */
  readonly teamKey: 'team_id' | 'teamId'
  /** One project by its id alone, or undefined. */
  readonly project: (id: Expression) => Expression
  /** One project by its id and its team. */
  readonly projectOf: (id: Expression, team: Expression) => Expression
  /** One project by a slug, which teams may share, and its team. */
  readonly projectBySlugOf: (slug: Expression, team: Expression) => Expression
  /** All projects of a team. */
  readonly projectsOf: (team: Expression) => Expression
  /** Projects by their ids alone. */
  readonly projectsIn: (ids: Expression) => Expression
  readonly tasksOfProject: (project: Expression) => Expression
  readonly tasksOfProjects: (projects: Expression) => Expression
  readonly removeProject: (id: Expression) => Expression
  readonly removeProjectBySlug: (slug: Expression) => Expression
  readonly membership: (team: Expression, user: Expression) => Expression
  /** One task whose project is the team's, in one query. */
  readonly taskOf: (id: Expression, team: Expression) => Expression
  /** One task whose project has a title, in one query. */
  readonly taskTitled: (id: Expression, title: Expression) => Expression
  /** Ways in which this library's conditions are put together elsewhere than in the query. */
  readonly wheres: readonly Where[]
}

/** A condition that is put together before the query: as it should be, and its counterfeit. */
export interface Where {
  readonly way: 'variable' | 'shorthand' | 'spread' | 'helper' | 'array of conditions'
  /** Functions beside the handler. */
  readonly beside?: string
  readonly body: string
  readonly counterfeit: string
  /** What the counterfeit lacks. */
  readonly lacks: string
  readonly rule: 'require-tenant-filter' | 'no-optional-tenant-filter'
}
