declare const brand: unique symbol;

/** A primitive that the type checker keeps apart from others of the same shape. */
export type Brand<Value, Name extends string> = Value & { readonly [brand]: Name };

export type ItemId = Brand<number, 'ItemId'>;
export type RunId = Brand<number, 'RunId'>;
export type StepId = Brand<number, 'StepId'>;
export type SubGroupId = Brand<number, 'SubGroupId'>;
export type PipelineId = Brand<number, 'PipelineId'>;
export type LocationId = Brand<number, 'LocationId'>;

/** The scheduler's own name for a job. */
export type JobId = Brand<string, 'JobId'>;

/** `mrd-<installation>-<run>-<attempt>`: what Meridian calls a job before the scheduler has named it. */
export type JobToken = Brand<string, 'JobToken'>;
