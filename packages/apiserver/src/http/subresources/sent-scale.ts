import { conform, type KubeObject, type ResourceInfo, StatusError } from "@sallyport/kube";
import type { DecodedBody, WriteContext } from "../../registry/context.ts";
import { decodeObject } from "../../registry/decode.ts";
import { unnamed } from "../../registry/faults.ts";
import { tellStrictFaults } from "../../registry/strict-faults.ts";

/** Everything that has a scale has it in this version. */
export const scaleInfo: ResourceInfo = {
  group: "autoscaling",
  version: "v1",
  kind: "Scale",
  resource: "scales",
  schema: "io.k8s.api.autoscaling.v1.Scale",
  namespaced: true,
  verbs: [],
};

/** Versions in which Scales were served once, and are still read. */
const formerVersions: ReadonlySet<unknown> = new Set(["extensions/v1beta1", "apps/v1beta1", "apps/v1beta2"]);

type Fields = { readonly [field: string]: unknown };

/** The Scale of the body of an update, which is of the one version that is served. Throws `BadRequest`. */
export function sentScale(body: DecodedBody, context: WriteContext): KubeObject {
  const { apiVersion, kind } = body.value;
  if (kind === scaleInfo.kind && formerVersions.has(apiVersion)) {
    formerScale(body, context);
    throw new StatusError(
      "BadRequest",
      `the API version in the data (${apiVersion}) does not match the expected API version (autoscaling/v1)`,
    );
  }
  const scale = decodeObject(body, context);
  if (!(body.value["metadata"] as KubeObject["metadata"] | undefined)?.name) throw unnamed(context.name);
  return scale;
}

/** The Scale that a patch has made, which may say that it is of a former version. Throws `BadRequest`. */
export function patchedScale(value: Fields, context: WriteContext, source: "document" | "map"): KubeObject {
  const isFormer = source === "document" && value["kind"] === scaleInfo.kind && formerVersions.has(value["apiVersion"]);
  return decodeObject(
    { value: isFormer ? formerScale({ value, strictErrors: [] }, context) : value, strictErrors: [] },
    context,
    source,
  );
}

/** Former versions told the selector as labels, and as text beside them. Throws `BadRequest`. */
function formerScale(body: DecodedBody, context: WriteContext): Fields {
  const { status, ...rest } = body.value;
  const { selector = null, targetSelector: _, ...told } = (status ?? {}) as Fields;
  const [, version = ""] = String(rest["apiVersion"]).split("/");
  const current = { ...rest, apiVersion: "autoscaling/v1", ...(status === undefined ? {} : { status: told }) };
  const { unknown } = conform(current, scaleInfo.schema as string, { kind: "Scale", version });
  tellStrictFaults(body, unknown, { ...context, info: { ...scaleInfo, version } });
  if (typeof selector === "object" && !Array.isArray(selector)) return current;
  const given = Array.isArray(selector) ? "array" : typeof selector === "boolean" ? "bool" : typeof selector;
  throw new StatusError(
    "BadRequest",
    `Scale in version "${version}" cannot be handled as a Scale: json: cannot unmarshal ${given} into Go struct field ScaleStatus.status.selector of type map[string]string`,
  );
}
