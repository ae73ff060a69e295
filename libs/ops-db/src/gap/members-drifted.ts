/** Sums of members that became impossible: what was summed up before is not what the archive said. Only a look at everything helps. */
export class MembersDrifted extends Error {
  constructor(
    readonly stepId: number,
    readonly subGroupIds: readonly number[],
  ) {
    super(`sub-groups ${subGroupIds.slice(0, 10).join(', ')} would have fewer than no members`);
  }
}
