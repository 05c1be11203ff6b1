import { duplicate, type FieldError, forbidden, invalid, notFound, required } from "../../../names.ts";
import { formatted, itemsOf } from "../../checks.ts";
import { dns1123Label, dns1123Subdomain } from "../../formats.ts";
import type { Fields } from "../../rules.ts";

/** validatePodResourceClaims: of a pod that no kubelet made of a file of its own, where `annotations` are those of a pod. */
export function validatePodClaims(claims: unknown, path: string, annotations: Fields): readonly FieldError[] {
  const names = new Set<string>();
  const isStatic = annotations["kubernetes.io/config.mirror"] !== undefined;
  return itemsOf(claims, path).flatMap(([claim, field]) =>
    isStatic ? [forbidden("", "static pods do not support resource claims")] : validatePodClaim(claim, field, names),
  );
}

function validatePodClaim(claim: Fields, field: string, names: Set<string>): readonly FieldError[] {
  const { name = "", resourceClaimName: direct, resourceClaimTemplateName: template } = claim;
  const shown = { Name: name, ResourceClaimName: direct ?? null, ResourceClaimTemplateName: template ?? null };
  const isTaken = names.has(name);
  if (name !== "") names.add(name);
  return [
    ...(name === ""
      ? [required(`${field}.name`)]
      : isTaken
        ? [duplicate(`${field}.name`, name)]
        : formatted(`${field}.name`, name, dns1123Label)),
    ...(direct !== undefined && template !== undefined
      ? [invalid(field, shown, "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified")]
      : []),
    ...(direct === undefined && template === undefined
      ? [invalid(field, shown, "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`")]
      : []),
    ...(direct === undefined ? [] : formatted(`${field}.resourceClaimName`, direct, dns1123Subdomain)),
    ...(template === undefined ? [] : formatted(`${field}.resourceClaimTemplateName`, template, dns1123Subdomain)),
  ];
}

/** validateResourceClaimNames: what a container uses of the pod's claims, which are called `known`. */
export function validateUsedClaims(claims: unknown, path: string, known: readonly string[]): readonly FieldError[] {
  const used = new Set<string>();
  return itemsOf(claims, path).flatMap(([{ name = "", request = "" }, field]) => {
    if (name === "") return [required(field)];
    const among = known.length === 0 ? " which is empty" : `: ${known.toSorted().join(", ")}`;
    return [
      ...validateUse(name, request, field, used),
      ...(known.includes(name)
        ? []
        : [notFound(field, name, `must be one of the names in pod.spec.resourceClaims${among}`)]),
    ];
  });
}

/** A claim is used as a whole, or some of its requests, each once. */
function validateUse(name: string, request: string, field: string, used: Set<string>): readonly FieldError[] {
  if (used.has(name)) return [duplicate(field, name)];
  const key = request === "" ? name : `${name}/${request}`;
  const isUsed = used.has(key);
  const parts = request === "" ? [...used].filter((each) => each.startsWith(`${name}/`)) : [];
  used.add(key);
  return [
    ...(request === "" ? [] : formatted(`${field}.request`, request, dns1123Label)),
    ...(isUsed ? [duplicate(field, key)] : parts.map(() => duplicate(field, name))),
  ];
}
