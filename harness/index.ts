/** `watertight/harness`: what a target file needs. */
export { defineTarget } from './target/target.ts'
export type {
  JsonSchema,
  Operation,
  OperationParameter,
  ProvisionedActor,
  ProvisionedResource,
  ProvisionedTenant,
  RequestCredentials,
  Sharing,
  StartEnvironment,
  StartedService,
  Target,
  TenantHint,
  TenantSeed,
} from './target/target.ts'
export { defineMutant } from './run/mutant.ts'
export type { Edit, KilledBy, KnockOut, Mutant } from './run/mutant.ts'
