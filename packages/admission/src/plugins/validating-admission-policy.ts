import { RUNTIME_COST_BUDGET } from "@sallyport/cel";
import type { KubeObject, Status, StatusReason } from "@sallyport/kube";
import { ask } from "../admission-policy/ask.ts";
import { blamedField } from "../admission-policy/blame.ts";
import { type Invocation, invocationsOf, type Misconfigured } from "../admission-policy/invocations.ts";
import { type BindingSpec, nameOf, specOf } from "../admission-policy/policy.ts";
import {
  type AuditAnnotation,
  auditAnnotations,
  compilePolicy,
  type Finding,
  type ValidatingSpec,
  validate as validateBy,
} from "../admission-policy/validations.ts";
import { Authorizations } from "../cel/authorizations.ts";
import { Evaluation } from "../cel/expression.ts";
import type { Reason } from "../decision.ts";
import type { PolicyChecked } from "../observer.ts";
import type { Annotations, Plugin, PluginContext, PluginResult } from "../plugin.ts";
import { forbiddenStatus, skip } from "../refusals.ts";
import { noStaticConfigurations, type StaticConfigurations } from "../static-configurations.ts";

/**
 * ValidatingAdmissionPolicy: evaluates the CEL expressions of all policies whose bindings match; a binding's validationActions say
 * whether a finding denies, warns or is written to the audit log. What cannot be evaluated follows the policy's failurePolicy.
 * https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 */
export function createValidatingAdmissionPolicy(statics: StaticConfigurations = noStaticConfigurations): Plugin {
  return {
    name: "ValidatingAdmissionPolicy",
    operations: ["CREATE", "UPDATE", "DELETE", "CONNECT"],
    validate: (context) => validate(context, statics),
  };
}

interface BindingWithActions extends BindingSpec {
  readonly validationActions?: readonly ("Deny" | "Warn" | "Audit")[];
}

function validate(context: PluginContext, statics: StaticConfigurations): PluginResult | Promise<PluginResult> {
  const asked = invocationsOf(context, "validatingadmissionpolicies", statics);
  return asked.length === 0 ? skip("no policy matches") : validateAll(asked, context);
}

async function validateAll(
  asked: readonly (Invocation | Misconfigured)[],
  context: PluginContext,
): Promise<PluginResult> {
  const authorizations = new Authorizations(context.snapshot.authorizer, context.request);
  const verdict = new Verdict(context);
  for (const each of asked) {
    if ("fault" in each) verdict.misconfigured(each);
    else {
      const start = context.effects.ticks();
      const evaluated = await authorizations.evaluate(() => evaluate(each, context, authorizations));
      verdict.add(each, evaluated, (context.effects.ticks() - start) / 1e6);
    }
  }
  return verdict.result(asked.length);
}

interface Evaluated {
  readonly findings: readonly Finding[];
  readonly annotations: readonly AuditAnnotation[];
}

const nothing: Evaluated = { findings: [], annotations: [] };

function evaluate(invocation: Invocation, context: PluginContext, authorizations: Authorizations): Evaluated {
  const policy = compilePolicy(invocation.policy);
  const { variables } = policy;
  const asked = ask(invocation, context, authorizations);
  const meets = policy.conditions.length === 0 || asked.meets(policy.conditions, variables);
  if (meets === false) return nothing;
  if (meets !== true) return wholeFailure(meets.error);
  const findings = validateBy(
    policy,
    (budget) => new Evaluation(asked.activation, budget, variables),
    (budget) => new Evaluation(asked.withoutAuthorizer, budget, variables),
  );
  const annotations = auditAnnotations(policy, new Evaluation(asked.withoutAuthorizer, RUNTIME_COST_BUDGET, variables));
  return typeof annotations === "string" ? wholeFailure(annotations) : { findings, annotations };
}

function wholeFailure(message: string): Evaluated {
  return { findings: [{ message, reason: "Invalid", isError: true, index: 0 }], annotations: [] };
}

interface Denial {
  readonly policy: KubeObject;
  readonly binding: KubeObject | undefined;
  readonly message: string;
  readonly reason: StatusReason;
  readonly blamed: Omit<Reason, "code" | "message" | "source">;
}

/** Tells metrics what a finding led to. */
type Tell = (action: PolicyChecked["action"]) => void;

const actionNames = { Deny: "deny", Warn: "warn", Audit: "audit" } as const;

/** Findings of one request's audit annotation; more are cut off. Upstream's maxValidationFailures. */
const maxValidationFailures = 50;

/** What all invocations together come to. */
class Verdict {
  readonly #context: PluginContext;
  readonly #denials: Denial[] = [];
  readonly #warnings: string[] = [];
  readonly #failures: object[] = [];
  readonly #annotations = new Map<string, Set<string>>();

  constructor(context: PluginContext) {
    this.#context = context;
  }

  misconfigured({ policy, binding, fault: message }: Misconfigured): void {
    if (failsOpen(policy)) return;
    this.#denials.push({ policy, binding, message, reason: "Invalid", blamed: { fieldPath: "" } });
  }

  /** What an invocation came to, and how long it took. */
  add({ policy, binding }: Invocation, { findings, annotations }: Evaluated, seconds: number): void {
    const tell = (action: PolicyChecked["action"]) =>
      this.#context.effects.observer?.policyChecked({
        policy: nameOf(policy),
        binding: nameOf(binding),
        action,
        seconds,
      });
    for (const finding of findings) {
      if (!finding.isError || !failsOpen(policy)) this.#addFinding(policy, binding, finding, tell);
      else tell("allow");
    }
    for (const each of annotations) this.#addAnnotation(policy, binding, each, tell);
  }

  #addFinding(policy: KubeObject, binding: KubeObject, finding: Finding, tell: Tell): void {
    const { message, reason, index } = finding;
    const { validationActions = [] } = specOf<BindingWithActions>(binding);
    for (const action of validationActions) {
      tell(actionNames[action]);
      if (action === "Deny")
        this.#denials.push({ policy, binding, message, reason, blamed: this.#blame(policy, finding) });
      else if (action === "Warn")
        this.#warnings.push(
          `Validation failed for ValidatingAdmissionPolicy '${nameOf(policy)}' with binding '${nameOf(binding)}': ${message}`,
        );
      else {
        const names = { policy: nameOf(policy), binding: nameOf(binding) };
        this.#failures.push({ message, ...names, expressionIndex: index, validationActions });
      }
    }
  }

  #blame(policy: KubeObject, { expression }: Finding): Denial["blamed"] {
    const { object } = this.#context.request;
    return expression === undefined
      ? { fieldPath: "" }
      : blamedField(expression, compilePolicy(policy).variables, object);
  }

  #addAnnotation(policy: KubeObject, binding: KubeObject, annotation: AuditAnnotation, tell: Tell): void {
    if ("error" in annotation) {
      if (failsOpen(policy)) return;
      tell("deny");
      const blamed = { fieldPath: "" };
      this.#denials.push({ policy, binding, message: annotation.error, reason: "Invalid", blamed });
      return;
    }
    const key = `${nameOf(policy)}/${annotation.key}`;
    this.#annotations.set(key, (this.#annotations.get(key) ?? new Set()).add(annotation.value));
  }

  result(asked: number): PluginResult {
    const shared = { warnings: this.#warnings, auditAnnotations: this.#auditAnnotations() };
    const [first] = this.#denials;
    if (first === undefined) return { outcome: "admitted", why: `${asked} evaluated`, ...shared };
    const status = statusOf(first, this.#context);
    const reasons = this.#denials.map(reasonOf);
    return { outcome: "denied", why: status.message ?? "", status, reasons, ...shared };
  }

  #auditAnnotations(): Annotations {
    const said = [...this.#annotations].map(([key, values]) => [key, [...values].join(", ")] as const);
    const failures = this.#failures.slice(0, maxValidationFailures);
    return {
      ...Object.fromEntries(said),
      ...(failures.length === 0
        ? {}
        : { "validation.policy.admission.k8s.io/validation_failure": goJson(JSON.stringify(failures)) }),
    };
  }
}

function failsOpen(policy: KubeObject): boolean {
  return specOf<ValidatingSpec>(policy).failurePolicy === "Ignore";
}

const codes: { readonly [reason: string]: number } = { Forbidden: 403, Unauthorized: 401, RequestEntityTooLarge: 413 };

function statusOf({ policy, binding, message, reason }: Denial, { request }: PluginContext): Status {
  const by = binding === undefined ? "" : ` with binding '${nameOf(binding)}'`;
  const text = `ValidatingAdmissionPolicy '${nameOf(policy)}'${by} denied request: ${message}`;
  const { status } = forbiddenStatus(request, text, { causes: [{ message: text }] });
  return { ...status, reason, code: codes[reason] ?? 422 };
}

function reasonOf({ policy, binding, message, blamed }: Denial): Reason {
  const name = binding === undefined ? nameOf(policy) : `${nameOf(policy)}/${nameOf(binding)}`;
  return { code: "validating-admission-policy", message, ...blamed, source: { policy: name } };
}

/** As Go writes JSON: what HTML would read is escaped. */
function goJson(text: string): string {
  return text.replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
