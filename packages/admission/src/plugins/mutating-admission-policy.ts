import {
  apiVersionOf,
  applyDefaults,
  convertBuiltin,
  isSameValue,
  type KubeObject,
  type ResourceInfo,
  StatusError,
} from "@sallyport/kube";
import { ask } from "../admission-policy/ask.ts";
import { type Invocation, invocationsOf, type Misconfigured } from "../admission-policy/invocations.ts";
import { compileMutations, type MutatingSpec, MutationError, mutated } from "../admission-policy/mutations.ts";
import { nameOf, specOf } from "../admission-policy/policy.ts";
import { Authorizations } from "../cel/authorizations.ts";
import type { Reason } from "../decision.ts";
import { asSeenBy } from "../match.ts";
import type { MutationChecked } from "../observer.ts";
import type { Plugin, PluginContext, PluginResult } from "../plugin.ts";
import { forbiddenStatus, skip } from "../refusals.ts";
import { withObject } from "../request.ts";
import { noStaticConfigurations, type StaticConfigurations } from "../static-configurations.ts";

const name = "MutatingAdmissionPolicy";

/**
 * MutatingAdmissionPolicy: applies the patches that the CEL expressions of all policies make whose bindings match, one after the other;
 * those that want it (`reinvocationPolicy: IfNeeded`) once more when somebody changed the object after them. What fails follows the
 * policy's failurePolicy.
 * https://kubernetes.io/docs/reference/access-authn-authz/mutating-admission-policy/
 */
export function createMutatingAdmissionPolicy(statics: StaticConfigurations = noStaticConfigurations): Plugin {
  return {
    name,
    operations: ["CREATE", "UPDATE", "DELETE", "CONNECT"],
    mutate: (context) => mutate(context, statics),
  };
}

/** A policy that could not be applied. */
interface Failure {
  readonly policy: KubeObject;
  readonly binding: KubeObject | undefined;
  readonly message: string;
  readonly isInvalid: boolean;
}

function mutate(context: PluginContext, statics: StaticConfigurations): PluginResult | Promise<PluginResult> {
  const asked = invocationsOf(context, "mutatingadmissionpolicies", statics);
  return asked.length === 0 ? skip("no policy matches") : mutateBy(asked, context);
}

async function mutateBy(asked: readonly (Invocation | Misconfigured)[], context: PluginContext): Promise<PluginResult> {
  const run = new Run(context);
  run.begin();
  for (const each of asked) if ("fault" in each) run.misconfigured(each);
  for (const each of asked) if (!("fault" in each)) await run.invoke(each);
  return run.result();
}

class Run {
  #context: PluginContext;
  readonly #before: KubeObject | null;
  readonly #authorizations: Authorizations;
  readonly #failures: Failure[] = [];
  readonly #changedBy: string[] = [];
  #count = 0;

  constructor(context: PluginContext) {
    this.#context = context;
    this.#before = context.request.object;
    this.#authorizations = new Authorizations(context.snapshot.authorizer, context.request);
  }

  get #callers() {
    return this.#context.reinvocation.callersOf(name);
  }

  begin(): void {
    if (this.#context.reinvocation.isReinvoke) this.#callers.begin(this.#before);
  }

  misconfigured({ policy, binding, fault: message }: Misconfigured): void {
    this.#fail({ policy, binding, message, isInvalid: false });
  }

  #fail(failure: Failure): void {
    if (specOf<MutatingSpec>(failure.policy).failurePolicy !== "Ignore") this.#failures.push(failure);
  }

  async invoke(invocation: Invocation): Promise<void> {
    const { policy, binding, param } = invocation;
    const { conditions, variables } = compileMutations(policy);
    const meets =
      conditions.length === 0 ||
      (await this.#authorizations.evaluate(() => this.#ask(invocation).meets(conditions, variables)));
    if (meets === false) return;
    if (meets !== true) return this.#fail({ policy, binding, message: meets.error, isInvalid: true });
    const key = JSON.stringify([nameOf(policy), nameOf(binding), param?.metadata.namespace, param?.metadata.name]);
    const { reinvocation } = this.#context;
    if (reinvocation.isReinvoke && !this.#callers.isCalledAgain(key)) return;
    this.#count++;
    if (await this.#apply(invocation)) {
      this.#changedBy.push(nameOf(policy));
      this.#callers.changed();
      reinvocation.isWanted = true;
    }
    if (specOf<MutatingSpec>(policy).reinvocationPolicy === "IfNeeded") this.#callers.called(key);
  }

  #ask(invocation: Invocation) {
    return ask(invocation, this.#context, this.#authorizations);
  }

  /** All mutations of a policy in order; answers whether they changed anything. */
  async #apply(invocation: Invocation): Promise<boolean> {
    const { policy, binding } = invocation;
    const { mutations, variables } = compileMutations(policy);
    const before = this.#context.request.object;
    for (const mutation of mutations) {
      const seen = asSeenBy(invocation.match, this.#context.request);
      if (seen.object === null) break;
      const [object, info] = [seen.object, infoOf(invocation, this.#context)];
      const start = this.#context.effects.ticks();
      const tell = (error: MutationChecked["error"]) => this.#tell(invocation, start, error);
      try {
        const next = await this.#authorizations.evaluate(() =>
          mutated(mutation, object, this.#ask(invocation), variables, info),
        );
        tell("no_error");
        this.#put(next);
      } catch (error) {
        tell(error instanceof MutationError ? error.what : "invalid_error");
        if (!(error instanceof MutationError)) throw error;
        this.#fail({ policy, binding, message: error.message, isInvalid: true });
      }
    }
    return !isSameValue(before, this.#context.request.object);
  }

  #tell({ policy, binding }: Invocation, start: number, error: MutationChecked["error"]): void {
    const { ticks, observer } = this.#context.effects;
    const seconds = (ticks() - start) / 1e6;
    observer?.mutationChecked({ policy: nameOf(policy), binding: nameOf(binding), error, seconds });
  }

  /** Goes on with the object in the request's own version, with the defaults of what was added. */
  #put(object: KubeObject): void {
    const { request } = this.#context;
    const next = applyDefaults(convertBuiltin(object, apiVersionOf(request.kind)));
    if (!isSameValue(request.object, next)) this.#context = { ...this.#context, request: withObject(request, next) };
  }

  result(): PluginResult {
    const { object } = this.#context.request;
    this.#callers.end(object);
    const [first] = this.#failures;
    if (first !== undefined) return this.#refusal(first);
    if (object === this.#before || object === null)
      return this.#count === 0 ? skip("no policy is asked") : { outcome: "admitted", why: `${this.#count} applied` };
    return { outcome: "mutated", why: `changed by ${[...new Set(this.#changedBy)].join(", ")}`, object };
  }

  #refusal(first: Failure): PluginResult {
    const causes = this.#failures.map((each) => ({ message: textOf(each) }));
    const { status } = forbiddenStatus(this.#context.request, "", { causes });
    const message = textOf(first);
    const told = first.isInvalid ? { ...status, message, reason: "Invalid" as const } : { ...status, message };
    return { outcome: "denied", why: message, status: told, reasons: this.#failures.map(reasonOf) };
  }
}

function infoOf({ match: { resource, kind } }: Invocation, { request, snapshot }: PluginContext): ResourceInfo {
  const place = request.subResource === "" ? resource.resource : `${resource.resource}/${request.subResource}`;
  const found = snapshot.catalogue.find(resource.group, resource.version, place);
  if (found !== undefined) return found;
  throw new StatusError(
    "ServiceUnavailable",
    `Resource kind ${kind.group}/${kind.version}, Kind=${kind.kind} not found. There can be a delay between when CustomResourceDefinitions are created and when they are available.`,
  );
}

function textOf({ policy, binding, message }: Failure): string {
  return binding === undefined
    ? `policy ${JSON.stringify(nameOf(policy))} denied request: ${message}`
    : `policy '${nameOf(policy)}' with binding '${nameOf(binding)}' denied request: ${message}`;
}

function reasonOf({ policy, message }: Failure): Reason {
  return { code: "mutating-admission-policy", message, fieldPath: "", source: { policy: nameOf(policy) } };
}
