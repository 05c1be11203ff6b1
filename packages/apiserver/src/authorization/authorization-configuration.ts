import { accessReviewEnvironment, BOOL, type Program } from "@sallyport/cel";
import { duplicate, type FieldError, invalid, notSupported, parseGoDuration, required } from "@sallyport/kube";
import type { PostJson } from "../authentication/webhook-client.ts";
import { compileBound } from "../cel-expression.ts";
import { type AuthorizationMode, authorizationModes, type ConfiguredMode } from "./modes.ts";
import type { WebhookAuthorizerOptions } from "./webhook.ts";

/** apiserver.config.k8s.io/v1 AuthorizationConfiguration. */
export interface AuthorizationConfiguration {
  readonly authorizers?: readonly {
    readonly type?: string;
    readonly name?: string;
    readonly webhook?: WebhookConfiguration;
  }[];
}

interface WebhookConfiguration {
  readonly timeout?: string;
  readonly authorizedTTL?: string;
  readonly cacheAuthorizedRequests?: boolean;
  readonly unauthorizedTTL?: string;
  readonly cacheUnauthorizedRequests?: boolean;
  readonly subjectAccessReviewVersion?: string;
  readonly matchConditionSubjectAccessReviewVersion?: string;
  readonly failurePolicy?: string;
  readonly connectionInfo?: { readonly type?: string; readonly kubeConfigFile?: string };
  readonly matchConditions?: readonly { readonly expression?: string }[];
}

export interface AuthorizationReader {
  /** A client for the service that a kubeconfig names, or why there is none. */
  readonly client: (kubeConfigFile: string, timeoutMs: number) => PostJson | string;
  readonly now: () => number;
}

/** Upstream's limit for one webhook. */
const maxConditions = 64;

/** The authorizers of a configuration in their order, or all that is wrong with it. */
export function configuredModes(
  { authorizers = [] }: AuthorizationConfiguration,
  reader: AuthorizationReader,
): readonly ConfiguredMode[] | { readonly errors: readonly FieldError[] } {
  const errors: FieldError[] = [];
  if (authorizers.length === 0) errors.push(required("authorizers", "at least one authorization mode must be defined"));
  const types = new Set<string>();
  const names = new Set<string>();
  const modes = authorizers.flatMap(({ type = "", name = "", webhook }, i): readonly ConfiguredMode[] => {
    const path = `authorizers[${i}]`;
    const fault = typeFault(type, types, path);
    if (fault !== undefined) {
      errors.push(fault);
      return [];
    }
    types.add(type);
    if (name === "") errors.push(required(`${path}.name`));
    else if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
    names.add(name);
    if (type !== "Webhook") {
      if (webhook !== undefined)
        errors.push(invalid(`${path}.webhook`, "non-null", "may only be specified when type=Webhook"));
      return [type as AuthorizationMode];
    }
    if (webhook === undefined) errors.push(required(`${path}.webhook`, "required when type=Webhook"));
    const options = webhook && webhookOptions(webhook, path, reader, errors);
    return options === undefined ? [] : [{ mode: "Webhook", webhook: { ...options, name } }];
  });
  return errors.length > 0 ? { errors } : modes;
}

/** Only webhooks may be there twice; ABAC has no place in a configuration. */
function typeFault(type: string, seen: ReadonlySet<string>, path: string): FieldError | undefined {
  const known = authorizationModes.filter((mode) => mode !== "ABAC");
  if (type === "") return required(`${path}.type`);
  if (!(known as readonly string[]).includes(type)) return notSupported(`${path}.type`, type, known);
  return seen.has(type) && type !== "Webhook" ? duplicate(`${path}.type`, type) : undefined;
}

function webhookOptions(
  webhook: WebhookConfiguration,
  path: string,
  { client, now }: AuthorizationReader,
  errors: FieldError[],
): WebhookAuthorizerOptions | undefined {
  const { failurePolicy = "", subjectAccessReviewVersion: version = "", connectionInfo = {} } = webhook;
  const timeoutMs = durationOf(webhook.timeout, `${path}.timeout`, errors, 30_000);
  const authorizedTtlMs = durationOf(webhook.authorizedTTL, `${path}.authorizedTTL`, errors);
  const unauthorizedTtlMs = durationOf(webhook.unauthorizedTTL, `${path}.unauthorizedTTL`, errors);
  const matchConditions = conditionsOf(webhook, path, errors);
  errors.push(...wordFaults(`${path}.subjectAccessReviewVersion`, version, ["v1", "v1beta1"]));
  errors.push(...wordFaults(`${path}.failurePolicy`, failurePolicy, ["NoOpinion", "Deny"]));
  const post = connected(connectionInfo, `${path}.connectionInfo`, (file) => client(file, timeoutMs), errors);
  if (post === undefined) return undefined;
  return {
    post,
    version: version as "v1",
    authorizedTtlMs: webhook.cacheAuthorizedRequests === false ? 0 : authorizedTtlMs,
    unauthorizedTtlMs: webhook.cacheUnauthorizedRequests === false ? 0 : unauthorizedTtlMs,
    onError: failurePolicy as "NoOpinion",
    matchConditions,
    now,
  };
}

function wordFaults(field: string, word: string, words: readonly string[]): readonly FieldError[] {
  if (word === "") return [required(field)];
  return words.includes(word) ? [] : [notSupported(field, word, words)];
}

/** In milliseconds. */
function durationOf(text: string | undefined, field: string, errors: FieldError[], limitMs?: number): number {
  const nanos = text === undefined ? 0 : parseGoDuration(text);
  const milliseconds = typeof nanos === "number" ? nanos / 1e6 : Number.NaN;
  if (milliseconds === 0) errors.push(required(field));
  else if (!(milliseconds > 0) || milliseconds > (limitMs ?? Number.POSITIVE_INFINITY))
    errors.push(invalid(field, text, limitMs === undefined ? "must be > 0s" : "must be > 0s and <= 30s"));
  return milliseconds;
}

function conditionsOf(
  { matchConditions = [], matchConditionSubjectAccessReviewVersion: version = "" }: WebhookConfiguration,
  path: string,
  errors: FieldError[],
): NonNullable<WebhookAuthorizerOptions["matchConditions"]> {
  const field = `${path}.matchConditionSubjectAccessReviewVersion`;
  if (version === "" && matchConditions.length > 0)
    errors.push(required(field, "required if match conditions are specified"));
  else if (version !== "" && version !== "v1") errors.push(notSupported(field, version, ["v1"]));
  if (matchConditions.length > maxConditions)
    errors.push({
      field: `${path}.matchConditions`,
      reason: "FieldValueTooMany",
      message: `Too many: ${matchConditions.length}: must have at most ${maxConditions} items`,
    });
  const seen = new Set<string>();
  return matchConditions.flatMap(({ expression = "" }, i) => {
    const place = `${path}.matchConditions[${i}].expression`;
    if (expression.trim() === "") errors.push(required(place));
    else if (seen.has(expression)) errors.push(duplicate(place, expression));
    else {
      seen.add(expression);
      const program: Program | string = compileBound(expression, accessReviewEnvironment(), BOOL);
      if (typeof program !== "string") return [{ text: expression, program }];
      errors.push(invalid(place, expression, program));
    }
    return [];
  });
}

function connected(
  { type = "", kubeConfigFile = "" }: NonNullable<WebhookConfiguration["connectionInfo"]>,
  field: string,
  client: (file: string) => PostJson | string,
  errors: FieldError[],
): PostJson | undefined {
  const file = `${field}.kubeConfigFile`;
  // Nobody here runs as a pod of the cluster that it serves.
  errors.push(...wordFaults(`${field}.type`, type, ["KubeConfigFile"]));
  if (type !== "KubeConfigFile") return undefined;
  if (kubeConfigFile === "") errors.push(required(file));
  else if (!kubeConfigFile.startsWith("/")) errors.push(invalid(file, kubeConfigFile, "must be an absolute path"));
  else {
    const post = client(kubeConfigFile);
    if (typeof post !== "string") return post;
    errors.push(invalid(file, kubeConfigFile, post));
  }
  return undefined;
}
