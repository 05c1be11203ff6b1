import { applyJsonPatch, internalError, type KubeObject } from "@sallyport/kube";
import {
  type EvaluateOptions,
  EvaluationError,
  isObject,
  jsonText,
  lookup,
  type RegoPolicy,
  RegoSet,
  type Value,
} from "@sallyport/rego";
import type { Reason } from "../decision.ts";
import { blamedField } from "../explain/blame.ts";
import type { PluginContext, PluginResult } from "../plugin.ts";
import { forbiddenAnswer, pass, skip } from "../refusals.ts";
import type { Request } from "../request.ts";
import { decodePatch, type ReviewResponse, review } from "../review.ts";
import type { PolicyDecisions } from "./policy-set.ts";

/** What one policy may take of a request: a webhook would have 10 s, and nobody waits that long gladly. */
const budgetMs = 2000;

/** A package with admission rules: which of them it has. */
export interface PolicyPackage {
  /** `kubernetes/admission/ingress`. */
  readonly path: string;
  readonly rules: ReadonlySet<string>;
}

/** The rules of a package that decide. */
export const decidingRules = ["patch", "warn", "deny", "violation"] as const;

/** Policies that were compiled together. */
export interface CompiledPolicies {
  readonly policy: RegoPolicy;
  /** Those at or below `kubernetes.admission`. */
  readonly packages: readonly PolicyPackage[];
  /** `data.system.main` answers whole reviews, as with OPA and kube-mgmt. */
  readonly hasMain: boolean;
}

/** What policies do in the phases of the chain. */
export function decisionsOf(policies: CompiledPolicies): PolicyDecisions {
  return {
    mutate: (context) => mutate(policies, context),
    validate: (context) => validate(policies, context),
  };
}

function mutate({ policy, packages, hasMain }: CompiledPolicies, context: PluginContext): PluginResult {
  if (context.request.object === null) return skip("no object to change");
  if (hasMain) return mainMutation(policy, context);
  const changed: string[] = [];
  let object: KubeObject = context.request.object;
  for (const { path, rules } of packages) {
    if (!rules.has("patch")) continue;
    const operations = members(evaluate(policy, `${path}/patch`, { ...context.request, object }, context)).flatMap(
      (each) => JSON.parse(jsonText(each)) as unknown,
    );
    if (operations.length === 0) continue;
    object = applyPatch(object, operations, path);
    changed.push(path);
  }
  return changed.length === 0
    ? pass("no policy changes it")
    : { outcome: "mutated", why: `changed by ${changed.join(", ")}`, object };
}

function applyPatch(object: KubeObject, operations: readonly unknown[], path: string): KubeObject {
  try {
    return applyJsonPatch(object, operations) as unknown as KubeObject;
  } catch (error) {
    throw internalError(`the patch of policy ${path} does not apply: ${(error as Error).message}`);
  }
}

function validate({ policy, packages, hasMain }: CompiledPolicies, context: PluginContext): PluginResult {
  if (hasMain) return mainVerdict(policy, context);
  const warnings: string[] = [];
  const reasons: Reason[] = [];
  for (const { path, rules } of packages) {
    if (rules.has("warn"))
      warnings.push(...members(evaluate(policy, `${path}/warn`, context.request, context)).map(messageOf));
    for (const name of ["deny", "violation"]) {
      if (rules.has(name)) reasons.push(...refusals(policy, `${path}/${name}`, context));
    }
  }
  if (reasons.length === 0) return { outcome: "admitted", why: `${packages.length} policies asked`, warnings };
  const text = reasons.map(reasonText).join("; ");
  return { outcome: "denied", why: text, status: forbiddenAnswer(context.request, text), reasons, warnings };
}

/** Only a refusal is worth explaining: the fast evaluator asks first. */
function refusals(policy: RegoPolicy, path: string, context: PluginContext): readonly Reason[] {
  const found = members(evaluate(policy, path, context.request, context));
  if (found.length === 0) return [];
  const { derivations } = policy.explain(path, optionsFor(context.request, context));
  return found.map((member): Reason => {
    const message = messageOf(member);
    const origin = derivations.find(({ value }) => jsonText(value) === jsonText(member));
    if (origin === undefined) return { code: "rego-deny", message, fieldPath: "", source: { policy: path } };
    const field = blamedField(origin, message);
    const source = { policy: path, file: origin.file, line: origin.row };
    return {
      code: "rego-deny",
      message,
      fieldPath: field?.path ?? "",
      ...(field?.value === undefined ? {} : { value: field.value }),
      source,
    };
  });
}

/** `message (policy FILE:LINE, field PATH)`. */
function reasonText({ message, source, fieldPath }: Reason): string {
  const place = source?.file === undefined ? `policy ${source?.policy}` : `policy ${source.file}:${source.line}`;
  return `${message} (${place}${fieldPath === "" ? "" : `, field ${fieldPath}`})`;
}

function messageOf(member: Value): string {
  if (typeof member === "string") return member;
  const message = isObject(member) ? lookup(member, "msg") : undefined;
  return typeof message === "string" ? message : jsonText(member);
}

/** Members of a set, items of an array, or one value; nothing when undefined or false. */
function members(value: Value | undefined): readonly Value[] {
  if (value === undefined || value === false) return [];
  if (value instanceof RegoSet) return value.sorted();
  return Array.isArray(value) ? (value as readonly Value[]) : [value];
}

function optionsFor(request: Request, { snapshot, effects }: PluginContext): EvaluateOptions {
  const clock = () => effects.ticks() / 1000;
  return {
    input: review(request, "v1") as Value,
    data: snapshot.policyData as Value,
    effects: { nowNs: BigInt(effects.now()) * 1_000_000n, randomBytes: effects.randomBytes, env: {} },
    clock,
    deadline: clock() + budgetMs,
  };
}

function evaluate(policy: RegoPolicy, path: string, request: Request, context: PluginContext): Value | undefined {
  try {
    return policy.evaluate(path, optionsFor(request, context));
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    const row = error.place?.row === undefined ? "" : `, line ${error.place.row}`;
    throw internalError(`policy ${path} failed (${error.code}: ${error.message}${row}); the request is refused`);
  }
}

function mainResponse(policy: RegoPolicy, context: PluginContext): ReviewResponse {
  const answer = evaluate(policy, "system/main", context.request, context);
  const response = answer === undefined || !isObject(answer) ? undefined : lookup(answer, "response");
  if (response === undefined || !isObject(response)) {
    throw internalError("data.system.main gave no AdmissionReview with a response; the request is refused");
  }
  return JSON.parse(jsonText(response)) as ReviewResponse;
}

function mainMutation(policy: RegoPolicy, context: PluginContext): PluginResult {
  const { allowed, patch } = mainResponse(policy, context);
  if (allowed !== true || patch === undefined || patch === null) return pass("data.system.main changes nothing");
  const operations = typeof patch === "string" ? decodePatch(patch) : patch;
  return {
    outcome: "mutated",
    why: "changed by data.system.main",
    object: applyPatch(context.request.object as KubeObject, operations as readonly unknown[], "system/main"),
  };
}

function mainVerdict(policy: RegoPolicy, context: PluginContext): PluginResult {
  const { allowed, status, warnings = [] } = mainResponse(policy, context);
  if (allowed === true) return { outcome: "admitted", why: "data.system.main allows", warnings };
  const message = status?.message ?? status?.reason ?? "denied by data.system.main";
  const reasons: readonly Reason[] = [{ code: "rego-deny", message, fieldPath: "", source: { policy: "system/main" } }];
  return {
    outcome: "denied",
    why: message,
    status: forbiddenAnswer(context.request, message),
    reasons,
    warnings,
  };
}
