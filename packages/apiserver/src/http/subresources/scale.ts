import {
  apiVersionOf,
  applyJsonPatch,
  applyMergePatch,
  conform,
  invalid,
  invalidStatus,
  type KubeObject,
  type ResourceInfo,
  type ScalePaths,
  StatusError,
  selectorText,
} from "@sallyport/kube";
import { valueAt, withValueAt } from "../../custom/objects.ts";
import type { DecodedBody, WriteContext } from "../../registry/context.ts";
import { checkType } from "../../registry/decode.ts";
import { outgoing } from "../../registry/encode.ts";
import { failedPrecondition, notFound } from "../../registry/faults.ts";
import { patchedText } from "../../registry/patched-text.ts";
import { decodePatched } from "../../registry/patches.ts";
import { tellStrictFaults } from "../../registry/strict-faults.ts";
import { write } from "../answer.ts";
import { decodeObjectBody } from "../body.ts";
import type { HandlerOptions } from "../call.ts";
import { writeObject } from "../list.ts";
import { applyPatchType } from "../options.ts";
import { checkPatchType, isForced, parseConfiguration, parsePatch } from "../patch.ts";
import { readPrepared } from "../read-object.ts";
import type { Subresource, SubresourceCall } from "./subresource.ts";

const scaleKind = { kind: "Scale", version: "v1", schema: "io.k8s.api.autoscaling.v1.Scale" };

const scaleInfo: ResourceInfo = { ...scaleKind, group: "autoscaling", resource: "scales", namespaced: true, verbs: [] };

export const scale: Subresource = {
  name: "scale",
  serve: async ({ call, context, bytes, type }, options) => {
    if (call.info.verb === "get") {
      const object = outgoing(await readPrepared(call, context.info, options), context.info);
      checkScalable(object, context.info);
      write(call, 200, shownScale(scaleOf(object, context.info), call, options));
      return;
    }
    if (call.info.verb === "patch") checkPatchType(type);
    if (call.info.verb === "patch" && type === applyPatchType) {
      write(call, 200, await applyScale({ call, context, bytes, type }, options));
      return;
    }
    const make =
      call.info.verb === "patch" ? patched(parsePatch(bytes), type, context) : () => sentScale(bytes, type, context);
    write(call, 200, await scaleTo(make, context, options));
  },
};

/** The Scale of a body, which is of the one version that there is. */
function sentScale(bytes: Buffer, type: string, context: WriteContext): KubeObject {
  const body = decodeObjectBody(bytes, type, "Scale");
  const { apiVersion = "autoscaling/v1", kind = "Scale" } = body.value as Partial<KubeObject>;
  checkType({ apiVersion, kind }, { group: "autoscaling", version: "v1", kind: "Scale" });
  return conformed(body, context);
}

/** Held against its type; unknown fields are told as the client asked. */
function conformed(body: DecodedBody, context: WriteContext): KubeObject {
  const { object, unknown } = conform(body.value, scaleKind.schema, scaleKind, "document");
  tellStrictFaults(body, unknown, { ...context, info: scaleInfo });
  return object as unknown as KubeObject;
}

/** As the client wants to see it. */
function shownScale(scale: KubeObject, { wanted, query }: SubresourceCall["call"], { now }: HandlerOptions): object {
  return writeObject(scale, { info: scaleInfo, query, wanted, now });
}

/** Custom objects say their replicas where their definition looks for them. */
function checkScalable(object: KubeObject, { custom }: ResourceInfo): void {
  const path = custom?.scale?.specReplicasPath;
  if (path === undefined || valueAt(object, path) !== undefined) return;
  throw new StatusError(
    "InternalError",
    `Internal error occurred: the spec replicas field ${JSON.stringify(path)} does not exist`,
    { causes: [{ message: `the spec replicas field ${JSON.stringify(path)} does not exist` }] },
  );
}

/** A Scale that is patched, and then read as its kind. */
function patched(patch: unknown, type: string, context: WriteContext): MakeScale {
  return (scale, current, { custom }) => {
    const owned = ownersOf(current, custom?.scale?.specReplicasPath ?? ".spec.replicas");
    const before = { ...scale, metadata: { ...scale.metadata, ...owned } };
    const value =
      type === "application/json-patch+json" ? applyJsonPatch(before, patch) : applyMergePatch(before, patch);
    return decodePatched(
      () => patchedText(before, patch, scaleInfo),
      () => conformed({ value: value as Fields, strictErrors: [] }, context),
    );
  };
}

type Fields = { readonly [field: string]: unknown };

/** Who set the replicas, as owners of those of a Scale. */
function ownersOf(current: KubeObject, path: string): object {
  const steps = path.split(".").slice(1);
  const entries = (current.metadata as Fields)["managedFields"] as readonly Fields[] | undefined;
  const owns = ({ fieldsV1 }: Fields) =>
    steps.reduce<unknown>((inner, step) => (inner as Fields | undefined)?.[`f:${step}`], fieldsV1) !== undefined;
  const managedFields = (entries ?? []).filter(owns).map(({ manager, operation, time, subresource }) => ({
    manager,
    operation,
    apiVersion: "autoscaling/v1",
    ...(time === undefined ? {} : { time }),
    fieldsType: "FieldsV1",
    fieldsV1: { "f:spec": { "f:replicas": {} } },
    ...(subresource === undefined ? {} : { subresource }),
  }));
  return managedFields.length === 0 ? {} : { managedFields };
}

/** Makes the Scale that is wanted of the one that there is, and of its object. */
type MakeScale = (scale: KubeObject, current: KubeObject, info: ResourceInfo) => KubeObject;

/** An applied Scale is its object's configuration with nothing but replicas. */
async function applyScale(
  { call, context, bytes }: SubresourceCall,
  { registry, cache }: HandlerOptions,
): Promise<KubeObject> {
  const { apiVersion = "", kind = "", spec } = parseConfiguration(bytes, context) as Partial<KubeObject>;
  if (apiVersion !== "autoscaling/v1" || kind !== "Scale")
    throw new StatusError("BadRequest", `invalid object type: ${apiVersion}, Kind=${kind}`);
  const { info, namespace, name } = context;
  if (cache.get(info.group, info.resource, namespace, name) === undefined) throw notFound(info, name);
  const { replicas } = (spec ?? {}) as { readonly replicas?: unknown };
  const path = info.custom?.scale?.specReplicasPath ?? ".spec.replicas";
  const bare = { apiVersion: apiVersionOf(info), kind: info.kind, metadata: { name } };
  const configuration = withValueAt(bare, path, replicas);
  const { object } = await registry.apply(configuration, isForced(call.query), scaleContext(context), async () => {});
  return scaleOf(object, info);
}

/** Writes the object itself, of whose fields `managedFields` say that they were scaled; admission sees the Scale. */
function scaleContext(context: WriteContext): WriteContext {
  const { info } = context;
  const seen = {
    kind: { group: "autoscaling", version: "v1", kind: "Scale" },
    resource: { group: info.group, version: info.version, resource: info.resource },
    subResource: "scale",
    of: (object: KubeObject) => scaleOf(object, info),
    into: (scale: KubeObject, object: KubeObject) => scaled(object, scale, context),
  };
  return { ...context, subresource: "", managedSubresource: "scale", seen };
}

/** The object with the replicas of a Scale. Throws `Invalid` for a number that is none. */
function scaled(object: KubeObject, scale: KubeObject, { info, name }: WriteContext): KubeObject {
  const { replicas = 0 } = (scale["spec"] ?? {}) as { readonly replicas?: unknown };
  // What custom objects may not have is told by their own validation.
  if (info.custom === undefined && (!Number.isInteger(replicas) || Number(replicas) < 0))
    throw invalidStatus({ group: "autoscaling", kind: "Scale" }, name, [
      invalid("spec.replicas", replicas, "must be greater than or equal to 0"),
    ]);
  return withValueAt(object, info.custom?.scale?.specReplicasPath ?? ".spec.replicas", replicas) as KubeObject;
}

/** What an object with replicas shows of itself as autoscaling/v1 Scale. */
export function scaleOf(object: KubeObject, info: ResourceInfo): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const metadata = { name, namespace, uid, resourceVersion, creationTimestamp } as KubeObject["metadata"];
  const { scale } = info.custom ?? {};
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata,
    ...(scale === undefined ? builtinScale(object) : customScale(object, scale)),
  };
}

type ScaleParts = { readonly spec: object; readonly status: object };

/** By the paths that the object's definition names. */
function customScale(
  object: KubeObject,
  { specReplicasPath, statusReplicasPath, labelSelectorPath }: ScalePaths,
): ScaleParts {
  const replicas = valueAt(object, specReplicasPath);
  const selector = labelSelectorPath === undefined ? undefined : valueAt(object, labelSelectorPath);
  return {
    spec: replicas === undefined || replicas === 0 ? {} : { replicas },
    status: { replicas: valueAt(object, statusReplicasPath) ?? 0, ...(selector ? { selector } : {}) },
  };
}

function builtinScale(object: KubeObject): ScaleParts {
  const spec = (object["spec"] ?? {}) as {
    readonly replicas?: number;
    readonly selector?: Fields;
  };
  // That of a ReplicationController is of labels alone.
  const selected = object.kind === "ReplicationController" ? { matchLabels: spec.selector ?? {} } : spec.selector;
  const told = selectorText(selected);
  const selector = told === "<none>" ? "" : told;
  const status = (object["status"] ?? {}) as { readonly replicas?: number };
  return {
    spec: spec.replicas === undefined || spec.replicas === 0 ? {} : { replicas: spec.replicas },
    status: { replicas: status.replicas ?? 0, ...(selector === "" ? {} : { selector }) },
  };
}

/** Throws `BadRequest` for the Scale of another object, or of none. */
function checkName({ metadata }: KubeObject, { name }: WriteContext): void {
  if (!metadata?.name)
    throw new StatusError(
      "BadRequest",
      `the name of the object (${name} based on URL) was undeterminable: name must be provided`,
    );
  if (metadata.name !== name)
    throw new StatusError(
      "BadRequest",
      `the name of the object (${metadata.name}) does not match the name on the URL (${name})`,
    );
}

/** Writes the replicas of a Scale, as `make` answers it for the current one, into the object that it belongs to. */
async function scaleTo(make: MakeScale, context: WriteContext, { registry }: HandlerOptions): Promise<KubeObject> {
  const updated = await registry.update(
    (current) => {
      const scale = make(scaleOf(current, context.info), current, context.info);
      checkName(scale, context);
      const { uid } = scale.metadata ?? {};
      if (uid && uid !== current.metadata.uid) throw failedPrecondition(context.info, current, uid);
      const { resourceVersion = current.metadata.resourceVersion ?? "" } = scale.metadata ?? {};
      const object = scaled(current, scale, context);
      return { ...object, metadata: { ...object.metadata, resourceVersion } };
    },
    scaleContext(context),
    { isMadeOfCurrent: true },
  );
  return scaleOf(updated, context.info);
}
