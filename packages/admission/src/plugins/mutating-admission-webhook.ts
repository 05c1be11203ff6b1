import { apiVersionOf, findKind, goPackageOf, internalError, parseApiVersion, StatusError } from "@sallyport/kube";
import { Authorizations } from "../cel/authorizations.ts";
import type { Match } from "../match.ts";
import type { Annotations, Plugin, PluginContext, PluginResult } from "../plugin.ts";
import { skip } from "../refusals.ts";
import type { Callers } from "../reinvocation.ts";
import { type Request, withObject } from "../request.ts";
import { noStaticConfigurations, type StaticConfigurations } from "../static-configurations.ts";
import { type Answer, askWebhook, type Caller, callerOf, failed, serverFault, tellCalled } from "../webhook/answer.ts";
import { CallError } from "../webhook/call-error.ts";
import { type PlacedWebhook, webhooksFor } from "../webhook/configuration.ts";
import { type Patched, patchedBy, schemaOf } from "../webhook/patch.ts";
import { matchWebhook } from "../webhook/select.ts";

const name = "MutatingAdmissionWebhook";
const noReasons = { reasons: [] };
const mutationPrefix = "mutation.webhook.admission.k8s.io/";
const patchPrefix = "patch.webhook.admission.k8s.io/";

/**
 * MutatingAdmissionWebhook: calls matching webhooks one after the other, each matched with and seeing what those before it changed; those
 * that want it (`reinvocationPolicy: IfNeeded`) once more when somebody changed the object after them.
 * https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
 */
export function createMutatingAdmissionWebhook(statics: StaticConfigurations = noStaticConfigurations): Plugin {
  return {
    name,
    operations: ["CREATE", "UPDATE", "DELETE", "CONNECT"],
    mutate: (context) => mutate(context, statics),
  };
}

const none = skip("no webhook matches");

function mutate(context: PluginContext, statics: StaticConfigurations): PluginResult | Promise<PluginResult> {
  const webhooks = webhooksFor(context, "mutatingwebhookconfigurations", statics);
  return webhooks.length === 0 ? none : new Mutation(context, callerOf(name, true, statics)).run(webhooks);
}

/** One of a configuration's webhooks, and its number among all. */
interface Listed extends PlacedWebhook {
  readonly index: number;
}

type Refused = Extract<PluginResult, { readonly outcome: "denied" | "errored" }>;

/** What a webhook's conditions are refused with; faults of our own go on. */
function asStatus(error: unknown): StatusError {
  if (error instanceof StatusError) return error;
  throw error;
}

/** Go writes maps with their keys in order. */
function sorted(operation: object): object {
  return Object.fromEntries(Object.entries(operation).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** One round over all webhooks. */
class Mutation {
  readonly #context: PluginContext;
  readonly #callers: Callers;
  readonly #caller: Caller;
  #request: Request;
  #warnings: readonly string[] = [];
  #annotations: Annotations = {};
  #patchAnnotations: Annotations = {};
  readonly #changedBy: string[] = [];
  #calls = 0;

  constructor(context: PluginContext, caller: Caller) {
    this.#context = context;
    this.#caller = caller;
    this.#request = context.request;
    this.#callers = context.reinvocation.callersOf(name);
  }

  async run(webhooks: readonly PlacedWebhook[]): Promise<PluginResult> {
    const { snapshot, reinvocation, request } = this.#context;
    const authorizations = new Authorizations(snapshot.authorizer, request);
    if (reinvocation.isReinvoke) this.#callers.begin(request.object);
    for (const [index, each] of webhooks.entries()) {
      const now = { ...this.#context, request: this.#request };
      const match = await matchWebhook(each.webhook, now, authorizations, "admit").catch(asStatus);
      if (match === undefined) continue;
      if (match instanceof StatusError) return { ...this.#refused(match, noReasons), outcome: "errored" };
      const refused = await this.#call({ ...each, index }, match);
      if (refused !== undefined) return refused;
    }
    const stranger = this.#stranger();
    if (stranger !== undefined) return this.#refused(stranger, noReasons);
    this.#callers.end(this.#request.object);
    return this.#calls === 0 ? none : this.#result();
  }

  async #call(listed: Listed, match: Match): Promise<PluginResult | undefined> {
    const { webhook, configuration } = listed;
    const { reinvocation } = this.#context;
    const key = `${configuration}/${webhook.name}`;
    if (reinvocation.isReinvoke && !this.#callers.isCalledAgain(key)) return undefined;
    this.#calls++;
    const start = this.#context.effects.ticks();
    const answer = await askWebhook(webhook, match, { ...this.#context, request: this.#request }, this.#caller);
    this.#warnings = [...this.#warnings, ...answer.warnings];
    const outcome = this.#patch(answer, listed, match);
    const { patched, refusal, failedOpen } = outcome;
    tellCalled(webhook, outcome, this.#context, { isMutating: true, start });
    const isChanged = patched?.isChanged === true;
    this.#annotations = { ...answer.annotations, ...this.#told(listed, isChanged, failedOpen), ...this.#annotations };
    if (isChanged) {
      this.#callers.changed();
      reinvocation.isWanted = true;
    }
    if (webhook.reinvocationPolicy === "IfNeeded") this.#callers.called(key);
    if (refusal !== undefined) return this.#refused(refusal, answer);
    if (patched !== undefined) this.#keep(patched, listed);
    return undefined;
  }

  /** What the answer's patch makes of the object, or how it fails. */
  #patch(
    answer: Answer,
    { webhook }: Listed,
    match: Match,
  ): Pick<Answer, "refusal" | "failedOpen" | "code" | "error"> & { patched?: Patched | undefined } {
    if (answer.patch === undefined) return answer;
    try {
      return {
        ...answer,
        patched: patchedBy(answer.patch, match, this.#request, {
          webhook: webhook.name,
          isFirst: !this.#callers.hasPatched,
        }),
      };
    } catch (error) {
      if (error instanceof CallError) return failed(webhook, error);
      return {
        ...serverFault,
        refusal: "status" in (error as StatusError) ? (error as StatusError) : internalError((error as Error).message),
      };
    }
  }

  #keep({ object, operations, isChanged }: Patched, listed: Listed): void {
    const { webhook, configuration } = listed;
    const told = { configuration, webhook: webhook.name, patch: operations.map(sorted), patchType: "JSONPatch" };
    this.#patchAnnotations = { [patchPrefix + this.#place(listed)]: JSON.stringify(told), ...this.#patchAnnotations };
    this.#callers.hasPatched = true;
    if (isChanged) this.#changedBy.push(webhook.name);
    this.#request = withObject(this.#request, object);
  }

  #place({ index }: Listed): string {
    return `round_${this.#context.reinvocation.isReinvoke ? 1 : 0}_index_${index}`;
  }

  /** What upstream writes to the audit log about each call. */
  #told(listed: Listed, mutated: boolean, failedOpen: string | undefined): Annotations {
    const { configuration, webhook } = listed;
    const key = mutationPrefix + this.#place(listed);
    const mutation = { [key]: JSON.stringify({ configuration, webhook: webhook.name, mutated }) };
    return failedOpen === undefined ? mutation : { ...mutation, [`failed-open.${key}`]: webhook.name };
  }

  /** An object of another kind has come of the patches: it is none that was asked for. */
  #stranger(): StatusError | undefined {
    const { object, kind } = this.#request;
    if (object === null || (object.kind === kind.kind && object.apiVersion === apiVersionOf(kind))) return undefined;
    const { group, version } = parseApiVersion(object.apiVersion);
    const isCustom = schemaOf(kind, kind.kind) === undefined;
    if (isCustom && group !== kind.group) {
      const told = `${group}/${version}, Kind=${object.kind} is unstructured and is not suitable for converting to`;
      return new StatusError(undefined, `${told} ${JSON.stringify(apiVersionOf(kind))}`);
    }
    if (findKind(group, version, object.kind) === undefined) return undefined;
    const wanted = `${goPackageOf(kind.group)}.${kind.kind}`;
    return new StatusError(undefined, `converting (${version}.${object.kind}) to (${wanted}): unknown conversion`);
  }

  #refused({ message, status }: StatusError, { reasons }: Pick<Answer, "reasons">): Refused {
    return { outcome: "denied", why: message, status, reasons, ...this.#said() };
  }

  #said() {
    return {
      warnings: this.#warnings,
      auditAnnotations: this.#annotations,
      patchAnnotations: this.#patchAnnotations,
    };
  }

  #result(): PluginResult {
    const { object } = this.#request;
    if (object === this.#context.request.object || object === null)
      return { outcome: "admitted", why: `${this.#calls} called`, ...this.#said() };
    return { outcome: "mutated", why: `changed by ${this.#changedBy.join(", ")}`, object, ...this.#said() };
  }
}
