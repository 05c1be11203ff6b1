import type { ResourceInfo } from "@sallyport/kube";

/** Versions of resources that go away; Go declares them by `APILifecycleDeprecated` and `APILifecycleReplacement`. */
const deprecations: { readonly [resource: string]: string } = {
  "/v1/componentstatuses": "v1 ComponentStatus is deprecated in v1.19+",
  "/v1/endpoints": "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
};

/** The warning that every request for a deprecated resource gets. */
export function deprecationOf({ group, version, resource }: ResourceInfo): string | undefined {
  return deprecations[`${group}/${version}/${resource}`];
}
