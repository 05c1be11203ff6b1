import { duplicate, type FieldError, invalid, notSupported, required } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { formatted, itemsOf, portNumber } from "../checks.ts";
import type { Expressions } from "../expressions.ts";
import { dns1035Label, dns1123Subdomain } from "../formats.ts";
import { validateLabelSelector } from "../label-selector.ts";
import { type Fields, fill, type KindRules } from "../rules.ts";
import { validateMatchConditions } from "./match-conditions.ts";
import { validateRules } from "./rules.ts";

const reviewVersions = ["v1", "v1beta1"];
const urlForm = "desired format: https://host[/path]";

export const validatingWebhookConfiguration: KindRules = {
  defaults: (object) => webhookDefaults(object, false),
  validate: validateConfiguration,
};
export const mutatingWebhookConfiguration: KindRules = {
  defaults: (object) => webhookDefaults(object, true),
  validate: validateConfiguration,
};

function webhookDefaults(object: Fields, mutating: boolean): void {
  for (const webhook of object["webhooks"] ?? []) {
    fill(webhook, {
      failurePolicy: "Fail",
      matchPolicy: "Equivalent",
      namespaceSelector: {},
      objectSelector: {},
      timeoutSeconds: 10,
      ...(mutating ? { reinvocationPolicy: "Never" } : {}),
    });
    for (const rule of webhook.rules ?? []) rule.scope ??= "*";
    if (webhook.clientConfig?.service !== undefined) webhook.clientConfig.service.port ??= 443;
  }
}

function validateConfiguration(object: KubeObject, expressions: Expressions): readonly FieldError[] {
  const webhooks = itemsOf(object["webhooks"], "webhooks");
  const names = webhooks.map(([webhook]) => webhook["name"]);
  return webhooks.flatMap(([webhook, path], i) => [
    ...validateWebhook(webhook, path),
    ...validateMatchConditions(
      webhook["matchConditions"],
      expressions.ofPolicy({ hasParams: false, hasVariables: false }),
      `${path}.matchConditions`,
    ),
    ...validateReviewVersions(webhook["admissionReviewVersions"] ?? [], `${path}.admissionReviewVersions`),
    ...(webhook["name"] !== undefined && names.indexOf(webhook["name"]) < i
      ? [duplicate(`${path}.name`, webhook["name"])]
      : []),
  ]);
}

function validateWebhook(webhook: Fields, path: string): readonly FieldError[] {
  const among = (name: string, words: readonly string[]) => {
    const value = webhook[name] as string | undefined;
    return value === undefined || words.includes(value) ? [] : [notSupported(`${path}.${name}`, value, words)];
  };
  const seconds = webhook["timeoutSeconds"] as number | undefined;
  return [
    ...validateWebhookName((webhook["name"] ?? "") as string, `${path}.name`),
    ...validateRules(webhook["rules"], `${path}.rules`),
    ...among("failurePolicy", ["Fail", "Ignore"]),
    ...among("matchPolicy", ["Equivalent", "Exact"]),
    ...(webhook["sideEffects"] === undefined
      ? [required(`${path}.sideEffects`, "must specify one of None, NoneOnDryRun")]
      : among("sideEffects", ["None", "NoneOnDryRun"])),
    ...(seconds !== undefined && (seconds > 30 || seconds < 1)
      ? [invalid(`${path}.timeoutSeconds`, seconds, "the timeout value must be between 1 and 30 seconds")]
      : []),
    ...validateLabelSelector(webhook["namespaceSelector"], `${path}.namespaceSelector`),
    ...validateLabelSelector(webhook["objectSelector"], `${path}.objectSelector`),
    ...among("reinvocationPolicy", ["IfNeeded", "Never"]),
    ...validateClientConfig(webhook["clientConfig"] ?? {}, `${path}.clientConfig`),
  ];
}

/** A fully qualified name: a domain with three segments. */
function validateWebhookName(name: string, field: string): readonly FieldError[] {
  if (name === "") return [required(field)];
  const faults = formatted(field, name, dns1123Subdomain);
  if (faults.length > 0) return faults;
  return name.split(".").length < 3
    ? [invalid(field, name, "should be a domain with at least three segments separated by dots")]
    : [];
}

function validateReviewVersions(versions: readonly string[], path: string): readonly FieldError[] {
  if (versions.length === 0) return [required(path, `must specify one of ${reviewVersions.join(", ")}`)];
  const faults = versions.flatMap((version, i) => [
    ...(versions.indexOf(version) < i
      ? [invalid(`${path}[${i}]`, version, "duplicate version")]
      : formatted(`${path}[${i}]`, version, dns1035Label)),
  ]);
  return versions.some((version) => reviewVersions.includes(version))
    ? faults
    : [...faults, invalid(path, versions, `must include at least one of ${reviewVersions.join(", ")}`)];
}

/** ValidateWebhookURL or ValidateWebhookService: where a webhook is called. */
export function validateClientConfig({ url, service }: Fields, path: string): readonly FieldError[] {
  if ((url === undefined) === (service === undefined))
    return [required(path, "exactly one of url or service is required")];
  return url === undefined ? validateService(service, `${path}.service`) : validateUrl(url, `${path}.url`);
}

function validateUrl(text: string, field: string): readonly FieldError[] {
  const match = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/(?:([^/?#]*)@)?([^/?#]*))?[^?#]*(\?[^#]*)?(#.*)?$/.exec(text);
  const [, scheme = "", user, host = "", query, fragment] = match ?? [];
  return [
    ...(scheme.toLowerCase() === "https"
      ? []
      : [invalid(field, scheme, `'https' is the only allowed URL scheme; ${urlForm}`)]),
    ...(host === "" ? [invalid(field, host, `host must be specified; ${urlForm}`)] : []),
    ...(user === undefined ? [] : [invalid(field, user, "user information is not permitted in the URL")]),
    ...(fragment === undefined || fragment === "#"
      ? []
      : [invalid(field, fragment.slice(1), "fragments are not permitted in the URL")]),
    ...(query === undefined || query === "?"
      ? []
      : [invalid(field, query.slice(1), "query parameters are not permitted in the URL")]),
  ];
}

function validateService({ name = "", namespace = "", path, port }: Fields, field: string): readonly FieldError[] {
  return [
    // Upstream takes the one for the other.
    ...(namespace === "" ? [required(`${field}.name`)] : []),
    ...(name === "" ? [required(`${field}.namespace`)] : []),
    ...(port === undefined || portNumber(`${field}.port`, port).length === 0
      ? []
      : [invalid(`${field}.port`, port, "port is not valid: must be between 1 and 65535, inclusive")]),
    ...(path === undefined ? [] : validatePath(path, `${field}.path`)),
  ];
}

function validatePath(path: string, field: string): readonly FieldError[] {
  if (path === "/" || path === "") return [];
  if (path === "//") return [invalid(field, path, "segment[0] may not be empty")];
  const segments = path.slice(1).replace(/\/$/, "").split("/");
  return [
    ...(path.startsWith("/") ? [] : [invalid(field, path, "must start with a '/'")]),
    ...segments.flatMap((segment, i) =>
      segment === ""
        ? [invalid(field, path, `segment[${i}] may not be empty`)]
        : dns1123Subdomain(segment).map((each) => invalid(field, path, `segment[${i}]: ${each}`)),
    ),
  ];
}
