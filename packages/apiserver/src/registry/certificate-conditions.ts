import type { KubeObject } from "@sallyport/kube";
import type { RequestCondition, SigningRequest } from "../certificates/signing-request.ts";

/** `/status` of a signing request: conditions that say whether it is approved stay as they were. `now` in RFC 3339. */
export function withRequestStatus(wanted: KubeObject, current: KubeObject, now: string): KubeObject {
  const kept = ["Approved", "Denied"].reduce(
    (conditions, type) => preserved(conditions, conditionsOf(current), type),
    conditionsOf(wanted),
  );
  return { ...wanted, status: withConditions(wanted, timed(kept, conditionsOf(current), now)) };
}

/** `/approval` writes conditions alone. */
export function withApproval(wanted: KubeObject, current: KubeObject, now: string): KubeObject {
  return { ...wanted, status: withConditions(current, timed(conditionsOf(wanted), conditionsOf(current), now)) };
}

function conditionsOf(object: KubeObject): readonly RequestCondition[] {
  return (object as SigningRequest).status?.conditions ?? [];
}

function withConditions(object: KubeObject, conditions: readonly RequestCondition[]): object {
  const { conditions: _, ...status } = (object as SigningRequest).status ?? {};
  return conditions.length === 0 ? status : { ...status, conditions };
}

/** Where as many of a type come as there were, they are the ones that were there. */
function preserved(
  conditions: readonly RequestCondition[],
  before: readonly RequestCondition[],
  type: string,
): readonly RequestCondition[] {
  const old = before.filter((each) => each.type === type);
  const count = conditions.filter((each) => each.type === type).length;
  if (old.length !== count) return conditions;
  let next = 0;
  return conditions.map((each) => (each.type === type ? (old[next++] ?? each) : each));
}

function timed(
  conditions: readonly RequestCondition[],
  before: readonly RequestCondition[],
  now: string,
): readonly RequestCondition[] {
  return conditions.map((each) => {
    const same = before.find(
      ({ type, status, lastTransitionTime }) => type === each.type && status === each.status && lastTransitionTime,
    );
    return {
      ...each,
      lastUpdateTime: each.lastUpdateTime || now,
      lastTransitionTime: each.lastTransitionTime || (same?.lastTransitionTime ?? now),
    };
  });
}
