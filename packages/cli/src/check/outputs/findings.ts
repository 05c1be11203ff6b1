import type { Reason } from "@sallyport/admission";
import type { CheckResult } from "../checker.ts";

/** One thing that was found in one object, as outputs for machines tell it. */
export interface Finding {
  readonly level: "failure" | "warning" | "exception";
  /** What found it: an admission plugin, or a rule's path. */
  readonly rule: string;
  readonly message: string;
  readonly field?: string;
  /** Where the policy stands, as `policies/images.rego:3`. */
  readonly policy?: string;
}

/** The findings of one object: none when it is simply allowed. */
export function findingsOf(result: CheckResult): readonly Finding[] {
  const warnings = result.warnings.map((message): Finding => ({ level: "warning", rule: "warning", message }));
  const exceptions = (result.exceptions ?? []).map(
    ({ rule, message }): Finding => ({ level: "exception", rule, message }),
  );
  const rules = (result.ruleReasons ?? []).map((reason) => findingOf(reason.source?.policy ?? "rule", reason));
  return [...(isRefusedByChain(result) ? refusals(result) : []), ...rules, ...warnings, ...exceptions];
}

/** Not by rules alone. */
function isRefusedByChain({ verdict, ruleReasons, message, decision }: CheckResult): boolean {
  return verdict !== "allowed" && (ruleReasons === undefined || message !== undefined || decision?.allowed === false);
}

function refusals({ decision, message = "", verdict }: CheckResult): readonly Finding[] {
  const refusing = decision?.steps.find(({ outcome }) => outcome === "denied" || outcome === "errored");
  if (refusing === undefined)
    return [{ level: "failure", rule: verdict === "invalid" ? "Decoding" : "Validation", message }];
  if (refusing.reasons.length === 0) return [{ level: "failure", rule: refusing.plugin, message: refusing.why }];
  return refusing.reasons.map((reason) => findingOf(refusing.plugin, reason));
}

function findingOf(rule: string, { message, fieldPath, source }: Reason): Finding {
  return {
    level: "failure",
    rule,
    message,
    ...(fieldPath === "" ? {} : { field: fieldPath }),
    ...(source === undefined
      ? {}
      : { policy: source.file === undefined ? source.policy : `${source.file}:${source.line}` }),
  };
}

/** `Pod default/a`. */
export function objectText({ kind, namespace, name }: CheckResult): string {
  return `${kind} ${namespace === "" ? name : `${namespace}/${name}`}`;
}

/** The message with what is known of its place in the object and the policy. */
export function findingText({ message, field, policy }: Finding): string {
  const places = [
    ...(policy === undefined ? [] : [`policy ${policy}`]),
    ...(field === undefined ? [] : [`field ${field}`]),
  ];
  return places.length === 0 ? message : `${message} (${places.join(", ")})`;
}

/** Results by file, in their order. */
export function byFile(results: readonly CheckResult[]): ReadonlyMap<string, readonly CheckResult[]> {
  const files = new Map<string, CheckResult[]>();
  for (const each of results) {
    const known = files.get(each.file);
    if (known === undefined) files.set(each.file, [each]);
    else known.push(each);
  }
  return files;
}
