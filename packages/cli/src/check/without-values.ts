import type { Decision, PatchOperation, Reason, Step } from "@sallyport/admission";
import { type KubeObject, secretTextsOf, withoutTexts } from "@sallyport/kube";
import type { CheckReport, CheckResult } from "./checker.ts";

const hidden = "(hidden)";

/** The same report, with lengths in place of the values of Secrets: it lies in the logs of whatever runs it. */
export function withoutValues(report: CheckReport): CheckReport {
  return { ...report, results: report.results.map((each) => (isSecret(each) ? hide(each) : each)) };
}

function isSecret({ apiVersion, kind }: Pick<CheckResult, "apiVersion" | "kind">): boolean {
  return apiVersion === "v1" && kind === "Secret";
}

/** What policies say may quote values, too. */
function hide({ decision, ruleReasons, ...result }: CheckResult): CheckResult {
  const told = {
    ...result,
    ...(ruleReasons !== undefined && { ruleReasons: ruleReasons.map(reasonWithout) }),
    ...(decision !== undefined && { decision: decisionWithout(decision) }),
  };
  return withoutTexts(told, secretTextsOf(decision?.object));
}

function decisionWithout(decision: Decision): Decision {
  const { object, patchAnnotations, steps } = decision;
  const annotations = Object.keys(patchAnnotations).map((name) => [name, hidden] as const);
  return {
    ...decision,
    object: object && objectWithout(object),
    patchAnnotations: Object.fromEntries(annotations),
    steps: steps.map(stepWithout),
  };
}

/** Of what kubectl has applied the values stand in an annotation once more. */
const applied = "kubectl.kubernetes.io/last-applied-configuration";

function objectWithout(object: KubeObject): KubeObject {
  const { annotations } = object.metadata;
  const metadata =
    annotations?.[applied] === undefined
      ? object.metadata
      : { ...object.metadata, annotations: { ...annotations, [applied]: hidden } };
  return {
    ...object,
    metadata,
    ...(object["data"] !== undefined && { data: lengthsOf(object["data"], "base64") }),
    ...(object["stringData"] !== undefined && { stringData: lengthsOf(object["stringData"], "utf8") }),
  };
}

function lengthsOf(values: unknown, encoding: BufferEncoding): object {
  const pairs = Object.entries((values ?? {}) as { readonly [key: string]: unknown });
  return Object.fromEntries(
    pairs.map(([key, value]) => [key, `(${Buffer.byteLength(String(value), encoding)} bytes)`]),
  );
}

function stepWithout({ patch, reasons, ...step }: Step): Step {
  return {
    ...step,
    reasons: reasons.map(reasonWithout),
    ...(patch !== undefined && { patch: patch.map(operationWithout) }),
  };
}

function reasonWithout({ value, fix, ...reason }: Reason): Reason {
  return {
    ...reason,
    ...(value !== undefined && { value: hidden }),
    ...(fix !== undefined && { fix: { ...fix, patch: fix.patch.map(operationWithout) } }),
  };
}

function operationWithout(operation: PatchOperation): PatchOperation {
  return operation.value === undefined ? operation : { ...operation, value: hidden };
}
