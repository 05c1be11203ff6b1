import type { KubeObject } from "@sallyport/kube";
import { constraintFault, FrameworkError } from "./fault.ts";
import { type Fields, isFields, nested, textOf } from "./fields.ts";

/** Who asks: the webhook, the audit, the command line, a ValidatingAdmissionPolicy. */
export type EnforcementPoint =
  | "validation.gatekeeper.sh"
  | "audit.gatekeeper.sh"
  | "gator.gatekeeper.sh"
  | "vap.k8s.io";

/** What is done where a constraint is violated: `action` everywhere, or, where that is `scoped`, what each point is given. */
export interface Enforcement {
  readonly action: string;
  readonly scoped: readonly { readonly action: string; readonly points: readonly string[] }[];
}

/** Reads `spec.enforcementAction` and `spec.scopedEnforcementActions`. Throws `FrameworkError`. https://open-policy-agent.github.io/gatekeeper/website/docs/enforcement-points */
export function enforcementOf(object: KubeObject): Enforcement {
  const action = nested(object, "spec", "enforcementAction") ?? "deny";
  if (typeof action !== "string") throw constraintFault("invalid spec.enforcementAction");
  if (action !== "scoped") return { action, scoped: [] };
  const scoped = nested(object, "spec", "scopedEnforcementActions");
  if (!Array.isArray(scoped))
    throw new FrameworkError("constraint", "missing required field: spec.scopedEnforcementActions must be defined");
  return { action, scoped: scoped.filter(isFields).map(readScoped) };
}

function readScoped({ action, enforcementPoints }: Fields): Enforcement["scoped"][number] {
  const points = (Array.isArray(enforcementPoints) ? enforcementPoints : []).map((each) =>
    textOf(nested(each, "name")),
  );
  return { action: textOf(action), points };
}

/** The actions at a point, in order; undefined where a scoped constraint is not asked there. What is not scoped has none of its own. */
export function actionsAt({ action, scoped }: Enforcement, point: EnforcementPoint): readonly string[] | undefined {
  if (action !== "scoped") return [];
  const actions = scoped
    .filter(({ points }) => points.includes("*") || points.includes(point))
    .map((each) => each.action);
  return actions.length === 0 ? undefined : [...new Set(actions)];
}
