import type { AdmissionObserver, ConditionsMatched } from "../observer.ts";

/** Whose conditions they are, and what tells the time. */
export interface ConditionsTold {
  readonly effects: { readonly ticks: () => number; readonly observer?: AdmissionObserver };
  readonly of: Pick<ConditionsMatched, "kind" | "name" | "operation" | "type">;
}

/** What match conditions come to, that began to be evaluated at so many microseconds; metrics are told. */
export function toldConditions<Met extends boolean | { readonly error: string }>(
  met: Met,
  start: number,
  { effects, of }: ConditionsTold,
): Met {
  const outcome = met === true ? "met" : met === false ? "excluded" : "failed";
  effects.observer?.conditionsMatched({ ...of, seconds: (effects.ticks() - start) / 1e6, outcome });
  return met;
}
