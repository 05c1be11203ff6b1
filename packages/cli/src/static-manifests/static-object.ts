import { policyExpressions } from "@sallyport/admission";
import {
  applyDefaults,
  conform,
  faultsText,
  findKind,
  type KubeObject,
  parseApiVersion,
  type ResourceInfo,
  staticSuffix,
  uncompiled,
  validateObject,
} from "@sallyport/kube";
import { InputError } from "../manifests.ts";

/** An object, and the file that it stands in. */
export interface Placed {
  readonly file: string;
  readonly object: KubeObject;
}

/** What the folder of each plugin may hold. */
const kinds: { readonly [plugin: string]: readonly string[] } = {
  MutatingAdmissionPolicy: ["MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"],
  MutatingAdmissionWebhook: ["MutatingWebhookConfiguration"],
  ValidatingAdmissionPolicy: ["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"],
  ValidatingAdmissionWebhook: ["ValidatingWebhookConfiguration"],
};

const expressions = { ...uncompiled, ofPolicy: policyExpressions };

/** As the API would store it: decoded strictly, with defaults, and valid. Throws `InputError`. */
export function staticObject(plugin: string, value: { readonly [field: string]: unknown }): KubeObject {
  const [apiVersion, kind] = [String(value["apiVersion"]), String(value["kind"])];
  const info = infoOf(apiVersion, kind);
  if (!kinds[plugin]?.includes(kind)) throw new InputError(`unsupported resource type *v1.${kind}`);
  const { object: given, unknown } = conform(value as never, info.schema as string, info, "document");
  if (unknown.length > 0) throw new InputError(`strict decoding error: ${unknown.join(", ")}`);
  const object = applyDefaults(given);
  const faults = validateObject(object, expressions);
  if (faults.length === 0) return object;
  throw new InputError(`${kind} ${JSON.stringify(object.metadata?.name ?? "")}: ${faultsText(faults)}`);
}

function infoOf(apiVersion: string, kind: string): ResourceInfo {
  const { group, version } = parseApiVersion(apiVersion);
  const isKnown = apiVersion === "admissionregistration.k8s.io/v1" && Object.values(kinds).flat().includes(kind);
  const info = isKnown ? findKind(group, version, kind) : undefined;
  if (info === undefined)
    throw new InputError(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`);
  return info;
}

// biome-ignore lint/suspicious/noExplicitAny: the objects are valid by their schemas
type Fields = any;

/** What only objects of files must keep to: names of their own, and nothing that the API holds. Throws `InputError`. */
export function checkFileRules(placed: readonly Placed[]): void {
  const seen = new Map<string, string>();
  for (const { file, object } of placed) {
    const { kind, metadata } = object;
    const [name, id] = [metadata.name ?? "", `${kind} ${metadata.name}`];
    const before = seen.get(id);
    const fault = nameFault(name, file, before) ?? referenceFault(object, file);
    if (fault !== undefined) throw new InputError(`error loading ${file}: ${fault}`);
    seen.set(id, file);
  }
  for (const { object } of placed) {
    const { policyName } = (object["spec"] ?? {}) as Fields;
    if (!object.kind.endsWith("Binding") || seen.has(`${object.kind.replace("Binding", "")} ${policyName}`)) continue;
    const [name, policy] = [JSON.stringify(object.metadata.name), JSON.stringify(policyName)];
    throw new InputError(`binding ${name} references policy ${policy} which does not exist in the manifest directory`);
  }
}

function nameFault(name: string, file: string, before: string | undefined): string | undefined {
  const [quoted, place] = [JSON.stringify(name), JSON.stringify(file)];
  if (!name.endsWith(staticSuffix)) return `${quoted} in file ${place} must have a name ending with "${staticSuffix}"`;
  return before && `duplicate name ${quoted} found in file ${place} (previously seen in ${JSON.stringify(before)})`;
}

/** What the API holds may not be there yet: services, parameters, other policies. */
function referenceFault({ kind, metadata, spec, webhooks = [] }: Fields, file: string): string | undefined {
  const name = JSON.stringify(metadata.name);
  if (kind.endsWith("Policy"))
    return spec.paramKind && `${kind} ${name}: spec.paramKind is not supported for static manifests`;
  if (kind.endsWith("Binding")) {
    if (!spec.policyName.endsWith(staticSuffix))
      return `binding ${name}: spec.policyName ${JSON.stringify(spec.policyName)} must end with "${staticSuffix}"`;
    return spec.paramRef && `binding ${name}: spec.paramRef is not supported for static manifests`;
  }
  const called = webhooks.find(({ clientConfig }: Fields) => clientConfig.service !== undefined);
  return (
    called &&
    `webhook ${JSON.stringify(called.name)} in ${name} (file ${JSON.stringify(file)}): clientConfig.service is not supported for static manifests; use clientConfig.url instead`
  );
}
