import type { AppliedDecorator } from './decorators.ts'

const columnKinds = [
  'Column',
  'PrimaryColumn',
  'PrimaryGeneratedColumn',
  'CreateDateColumn',
  'UpdateDateColumn',
  'DeleteDateColumn',
  'VersionColumn',
  'ObjectIdColumn',
  'ViewColumn',
] as const

const kinds = [
  ...columnKinds,
  'Entity',
  'ViewEntity',
  'ChildEntity',
  'TableInheritance',
  'VirtualColumn',
  'ManyToOne',
  'OneToMany',
  'OneToOne',
  'ManyToMany',
  'JoinColumn',
  'JoinTable',
  'RelationId',
  'Tree',
  'TreeParent',
  'TreeChildren',
] as const

export type TypeOrmKind = (typeof kinds)[number]

const known = new Set<string>(kinds)
const columns = new Set<string>(columnKinds)
/** The longest first: `@TenantJoinColumn` is a `JoinColumn`. `Tree` at the end of a word says too little. */
const endings = kinds.filter((kind) => kind !== 'Tree').toSorted((a, b) => b.length - a.length)
const otherOrm = /^(@mikro-orm\/|sequelize|@?objection|mongoose|@nestjs\/mongoose|drizzle)/

export interface TypeOrmDecorator {
  readonly kind: TypeOrmKind
  readonly arguments: AppliedDecorator['arguments']
}

/**
 * The decorators among these that are TypeORM's. One whose origin cannot be read (a monorepo's package that is not built)
 * is judged by how its name ends.
 */
export function typeOrmDecorators(applied: readonly AppliedDecorator[]): readonly TypeOrmDecorator[] {
  return applied.flatMap((one) => {
    const kind = kindOf(one)
    return kind === undefined ? [] : [{ kind, arguments: one.arguments }]
  })
}

function kindOf({ package: from, name }: AppliedDecorator): TypeOrmKind | undefined {
  if (from !== null && /^typeorm(\/|$)/.test(from)) return known.has(name) ? (name as TypeOrmKind) : undefined
  if (from !== null && otherOrm.test(from)) return undefined
  if (/^Virtual.*Column$/.test(name)) return 'VirtualColumn'
  return endings.find((kind) => name.endsWith(kind))
}

export function isColumnKind(kind: TypeOrmKind): boolean {
  return columns.has(kind)
}
