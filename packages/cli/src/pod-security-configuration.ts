import { type ChainOptions, type Exemptions, policyOf } from "@sallyport/admission";
import {
  aggregated,
  dns1123Label,
  dns1123Subdomain,
  duplicate,
  type FieldError,
  faultsText,
  invalid,
} from "@sallyport/kube";
import type { Configuration } from "./admission-configuration.ts";
import { InputError } from "./manifests.ts";

const group = "pod-security.admission.config.k8s.io";
const versions: readonly string[] = ["v1", "v1beta1", "v1alpha1"];
const modes = ["enforce", "enforce-version", "audit", "audit-version", "warn", "warn-version"] as const;

/** What each kind of exemption must be: empty where it is right. */
const formats: { readonly [kind in keyof Exemptions]: (name: string) => readonly string[] } = {
  namespaces: dns1123Label,
  runtimeClasses: dns1123Subdomain,
  usernames: (name) => (name === "" ? ["username must not be empty"] : []),
};

/** PodSecurity's part of an AdmissionConfiguration, of any version that it ever had. Throws `InputError`, in kube-apiserver's words. */
export function podSecurityOptions(
  file: string,
  configuration: Configuration,
): NonNullable<ChainOptions["podSecurity"]> {
  const { apiVersion, kind, defaults, exemptions, ...others } = configuration;
  const fault = (text: string) => new InputError(`${file}: PodSecurity: ${text}`);
  if (kind !== "PodSecurityConfiguration" || !versions.some((version) => apiVersion === `${group}/${version}`))
    throw fault(
      `expected kind PodSecurityConfiguration of ${group}/v1, got ${String(kind ?? "nothing")} of ${String(apiVersion ?? "nothing")}`,
    );
  const [given, exempt] = [fieldsOf(defaults), fieldsOf(exemptions)];
  const unknown = [
    ...Object.keys(others),
    ...strange(given, modes, "defaults"),
    ...strange(exempt, Object.keys(formats), "exemptions"),
  ].map((field) => `unknown field ${JSON.stringify(field)}`);
  if (unknown.length > 0) throw fault(`strict decoding error: ${unknown.join(", ")}`);
  const { policy, errors } = defaultsOf(given);
  if (errors.length > 0) throw fault(`configuration error: ${aggregated(errors)}`);
  const lists = Object.keys(formats).map((key) => [key, (exempt[key] ?? []) as readonly string[]] as const);
  const faults = lists.flatMap(([key, names]) => exemptionFaults(key as keyof Exemptions, names));
  if (faults.length > 0) throw fault(`invalid: ${faultsText(faults)}`);
  return { exemptions: Object.fromEntries(lists) as unknown as Exemptions, defaults: policy };
}

function fieldsOf(value: unknown): { readonly [field: string]: unknown } {
  return (value ?? {}) as { readonly [field: string]: unknown };
}

function strange(given: object, known: readonly string[], path: string): readonly string[] {
  return Object.keys(given)
    .filter((field) => !known.includes(field))
    .map((field) => `${path}.${field}`);
}

/** They are written as the labels of namespaces are: a mode, and its version. Modes that are not there are privileged, of the latest version. */
function defaultsOf(given: { readonly [mode: string]: unknown }) {
  const labels = modes.map((mode) => [
    `pod-security.kubernetes.io/${mode}`,
    String(given[mode] || (mode.endsWith("-version") ? "latest" : "privileged")),
  ]);
  const { policy, errors } = policyOf(Object.fromEntries(labels));
  return { policy, errors: errors.map(({ key, message }) => `${key.split("/")[1]}: ${message}`) };
}

function exemptionFaults(kind: keyof Exemptions, names: readonly string[]): readonly FieldError[] {
  const seen = new Set<string>();
  return names.flatMap((name, i) => {
    const path = `exemptions.${kind}[${i}]`;
    const why = formats[kind](name);
    if (why.length > 0) return [invalid(path, name, why.join(", "))];
    if (seen.has(name)) return [duplicate(path, name)];
    seen.add(name);
    return [];
  });
}
