// biome-ignore lint/suspicious/noExplicitAny: fields of manifests are put together
export type Fields = { [field: string]: any };

/** A pod in the making, and what of the command it cannot say. */
export interface Draft {
  readonly metadata: Fields;
  readonly spec: Fields;
  readonly container: Fields;
  /** Of the container. */
  readonly context: Fields;
  readonly podContext: Fields;
  /** Of the liveness probe. */
  readonly probe: Fields;
  readonly notes: string[];
}

/** What a flag with this value makes of a pod. */
export type Carry = (draft: Draft, value: string) => void;
