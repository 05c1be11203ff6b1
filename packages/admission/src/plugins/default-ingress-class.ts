import { newestDefault } from "@sallyport/kube";
import type { Plugin } from "../plugin.ts";
import { pass, skip } from "../refusals.ts";

/**
 * DefaultIngressClass: an Ingress that names no class, neither by field nor by the old annotation, gets the default one; of several
 * the newest.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#defaultingressclass
 */
export const defaultIngressClass: Plugin = {
  name: "DefaultIngressClass",
  operations: ["CREATE"],
  mutate: ({ request, snapshot }) => {
    const { group, resource } = request.resource;
    const isIngress = group === "networking.k8s.io" && resource === "ingresses" && request.subResource === "";
    if (!isIngress || request.object === null) return skip("not an ingress");
    const spec = (request.object["spec"] ?? {}) as { readonly ingressClassName?: string };
    const annotation = request.object.metadata.annotations?.["kubernetes.io/ingress.class"];
    if (spec.ingressClassName !== undefined || annotation !== undefined) return pass("the ingress names its class");
    const classes = snapshot.objects.list("networking.k8s.io", "ingressclasses");
    const chosen = newestDefault(classes, ["ingressclass.kubernetes.io/is-default-class"]);
    if (chosen === undefined) return pass("there is no default class");
    const object = { ...request.object, spec: { ...spec, ingressClassName: chosen } };
    return { outcome: "mutated", why: `default class ${chosen}`, object };
  },
};
