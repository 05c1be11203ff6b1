import type { ObjectReader } from "@sallyport/admission";
import { type FieldError, forbidden, type KubeObject } from "@sallyport/kube";
import type { WriteContext } from "./context.ts";

// biome-ignore lint/suspicious/noExplicitAny: the fields are of the object's schema
type Fields = any;

const label = "resource.kubernetes.io/admin-access";

/**
 * Whoever may use devices that are in use by others (KEP-5018) does so in a namespace that its administrators have labelled for it: by a
 * new claim or template, and by an allocation that was not of that kind before. The first such request alone is told of.
 */
export function adminAccessFaults(
  object: KubeObject,
  current: KubeObject | undefined,
  { info, subresource, namespace }: Pick<WriteContext, "info" | "subresource" | "namespace">,
  reader: ObjectReader,
): readonly FieldError[] {
  if (info.group !== "resource.k8s.io") return [];
  const field =
    subresource === "status"
      ? allocationPath(object, current)
      : current === undefined
        ? requestPath(object)
        : undefined;
  if (field === undefined) return [];
  if (reader.get("", "namespaces", "", namespace)?.metadata.labels?.[label] === "true") return [];
  return [
    forbidden(field, `admin access to devices requires the \`${label}: true\` label on the containing namespace`),
  ];
}

/** Of a template, too, requests are named as those of a claim. */
function requestPath(object: KubeObject): string | undefined {
  const spec = object["spec"] as Fields;
  const requests = (spec?.spec ?? spec)?.devices?.requests as readonly Fields[] | undefined;
  const index = requests?.findIndex((each) => (each.exactly ?? each).adminAccess === true) ?? -1;
  return index < 0 ? undefined : `spec.devices.requests[${index}].adminAccess`;
}

function allocationPath(object: KubeObject, current: KubeObject | undefined): string | undefined {
  const index = adminResult(object);
  const isNew = current === undefined || adminResult(current) < 0;
  return index < 0 || !isNew ? undefined : `status.allocation.devices.results[${index}].adminAccess`;
}

function adminResult(claim: KubeObject): number {
  const results = (claim["status"] as Fields)?.allocation?.devices?.results as readonly Fields[] | undefined;
  return results?.findIndex((each) => each.adminAccess === true) ?? -1;
}
