import {
  apiVersionOf,
  definitionOf,
  invalid,
  invalidStatus,
  type KubeObject,
  type ResourceInfo,
  type ResourcePathMappings,
  StatusError,
  timestampOf,
  toParent,
  toSubresource,
} from "@sallyport/kube";
import { valueAt, withValueAt } from "../../custom/objects.ts";
import type { WriteContext } from "../../registry/context.ts";
import { outgoing } from "../../registry/encode.ts";
import { conflict, failedPrecondition } from "../../registry/faults.ts";
import { appliedTo, managedBy, withManagedFields } from "../../registry/field-management.ts";
import { mergedPatchText } from "../../registry/merged-patch-text.ts";
import { patchedText } from "../../registry/patched-text.ts";
import {
  applyPatch,
  checkNamed,
  checkVersioned,
  decodeApplied,
  decodePatched,
  decodePatchedText,
} from "../../registry/patches.ts";
import { write } from "../answer.ts";
import { decodeObjectBody } from "../body.ts";
import type { HandlerOptions } from "../call.ts";
import { writeObject } from "../list.ts";
import { applyPatchType } from "../options.ts";
import { checkPatchType, isForced, parseConfiguration, parsePatch } from "../patch.ts";
import { readPrepared } from "../read-object.ts";
import { scaleOf } from "./scale-of.ts";
import { patchedScale, scaleInfo, sentScale } from "./sent-scale.ts";
import type { Subresource, SubresourceCall } from "./subresource.ts";

export const scale: Subresource = {
  name: "scale",
  serve: async (request, options) => {
    const { call, context } = request;
    if (call.info.verb === "get") {
      const object = outgoing(await readPrepared(call, context.info, options), context.info);
      checkScalable(object, context.info);
      write(call, 200, shownScale(scaleOf(object, context.info), context.info, call, options));
      return;
    }
    const updated = await options.registry.update(scaledBy(makeScale(request, options), context), seenAs(context), {
      isManaged: true,
      isMadeOfCurrent: true,
    });
    write(call, 200, shownScale(scaleOf(updated, context.info), context.info, call, options));
  },
};

/** As the client wants to see it. */
function shownScale(
  scale: KubeObject,
  { custom }: ResourceInfo,
  { wanted, query }: SubresourceCall["call"],
  { now }: HandlerOptions,
): object {
  const info = custom === undefined ? scaleInfo : { ...scaleInfo, resource: "customscales" };
  return writeObject(scale, { info, query, wanted, now });
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

/** Makes the Scale that is wanted of the one that there is; `managedFields` of both tell who manages the replicas. */
type MakeScale = (current: KubeObject) => KubeObject;

function makeScale({ call, context, bytes, type }: SubresourceCall, { now }: HandlerOptions): MakeScale {
  const own = { ...context, info: { ...scaleInfo, namespaced: context.info.namespaced } };
  if (call.info.verb === "patch") checkPatchType(type);
  const isApplied = call.info.verb === "patch" && type === applyPatchType;
  if (isApplied) return applied(parseConfiguration(bytes, own), isForced(call.query), own, now);
  const make =
    call.info.verb === "patch" ? patched(parsePatch(bytes, type), type, own) : sent(bytes, type, own, context);
  return (current) => withManagedFields(current, make(current), own, timestampOf(now()));
}

/** A Scale that is sent whole: it may say which object it is of. */
function sent(bytes: Buffer, type: string, context: WriteContext, { info }: WriteContext): MakeScale {
  const scale = sentScale(decodeObjectBody(bytes, type, "Scale"), context);
  const { uid } = scale.metadata;
  return (current) => {
    if (uid && uid !== current.metadata.uid) throw failedPrecondition(info, current, uid);
    return scale;
  };
}

/** A Scale that is patched, and then read as its kind. */
function patched(patch: unknown, type: string, context: WriteContext): MakeScale {
  const isStrategic = type === "application/strategic-merge-patch+json";
  return (current) => {
    const value = applyPatch(current, patch, type, scaleInfo);
    const shown = () =>
      isStrategic ? mergedPatchText(current, patch, scaleInfo) : patchedText(current, patch, scaleInfo);
    const scale = isStrategic
      ? decodePatched(shown, () => patchedScale(value, context, "map"))
      : decodePatchedText(value, shown, scaleInfo, (each) => {
          checkVersioned(each, context);
          return patchedScale(each, context, "document");
        });
    checkNamed(value, context);
    return scale;
  };
}

function applied(
  configuration: Parameters<typeof appliedTo>[1],
  isForcing: boolean,
  context: WriteContext,
  now: () => number,
): MakeScale {
  return (current) => {
    const { value, managed } = appliedTo(current, configuration, isForcing, context, timestampOf(now()));
    const scale = decodeApplied(configuration, context, () => patchedScale(value, context, "map"));
    checkNamed(value, context);
    return managedBy(scale, managed);
  };
}

/** The number of replicas that a custom object shows when it says none: it is to be said. Upstream's smallest int32. */
const noReplicas = -(2 ** 31);

/** Makes an object of the one that there is, with the replicas of the Scale that is made of its own. */
function scaledBy(make: MakeScale, context: WriteContext): (current: KubeObject) => KubeObject {
  const { info, name } = context;
  const path = replicasPath(info);
  return (current) => {
    const { managedFields, uid: own, resourceVersion: version } = current.metadata;
    const mappings = mappingsOf(info);
    const before = scaleOf(current, info);
    const owners = toSubresource(managedFields, mappings);
    const { spec, metadata } = make({
      ...before,
      metadata: { ...before.metadata, ...(owners.length === 0 ? {} : { managedFields: owners }) },
      ...(valueAt(current, path) === undefined && info.custom !== undefined ? { spec: { replicas: noReplicas } } : {}),
    });
    const replicas = checkedReplicas(spec, context);
    const { uid, resourceVersion = version ?? "" } = metadata;
    if (uid && uid !== own) throw otherObject(info, name, uid, own);
    const entries = toParent(managedFields, metadata.managedFields, mappings, apiVersionOf(info));
    const { managedFields: _, ...rest } = current.metadata;
    const managed = entries.length === 0 ? {} : { managedFields: entries };
    const scaled = withValueAt(current, path, replicas) as KubeObject;
    return { ...scaled, metadata: { ...rest, resourceVersion, ...managed } };
  };
}

function replicasPath({ custom }: ResourceInfo): string {
  return custom?.scale?.specReplicasPath ?? ".spec.replicas";
}

/** Where the versions of a kind keep their replicas; those of `apps` that there were, too. */
function mappingsOf({ group, version, custom }: ResourceInfo): ResourcePathMappings {
  if (custom === undefined) {
    const versions = group === "apps" ? ["v1beta1", "v1beta2", "v1"] : [version];
    return new Map(versions.map((each) => [apiVersionOf({ group, version: each }), ["spec", "replicas"]]));
  }
  const { versions } = definitionOf(custom.definition).spec;
  return new Map(
    versions.map(({ name, subresources }) => [
      apiVersionOf({ group, version: name }),
      subresources?.scale?.specReplicasPath.replace(/^\./, "").split("."),
    ]),
  );
}

/** Throws `Invalid` for a number that is none, and `BadRequest` where a custom object would still say none. */
function checkedReplicas(spec: unknown, { info, name }: WriteContext): number {
  const { replicas = 0 } = (spec ?? {}) as { readonly replicas?: number };
  if (info.custom !== undefined && replicas === noReplicas)
    throw new StatusError(
      "BadRequest",
      `the spec replicas field ${JSON.stringify(replicasPath(info))} cannot be empty`,
    );
  // What custom objects may not have otherwise is told by their own validation.
  if (info.custom === undefined && replicas < 0)
    throw invalidStatus({ group: "autoscaling", kind: "Scale" }, name, [
      invalid("spec.replicas", replicas, "must be greater than or equal to 0"),
    ]);
  return replicas;
}

/** The Scale of an object that was there before, or will be. */
function otherObject({ group, resource }: ResourceInfo, name: string, uid: string, own: string | undefined): Error {
  const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${own}`;
  return conflict({ group, resource: `${resource}/scale` }, name, why);
}

/** The object itself is written; admission sees the Scale. */
function seenAs(context: WriteContext): WriteContext {
  const { info } = context;
  const seen = {
    kind: { group: "autoscaling", version: "v1", kind: "Scale" },
    resource: { group: info.group, version: info.version, resource: info.resource },
    subResource: "scale",
    of: (object: KubeObject) => scaleOf(object, info),
    into: (scale: KubeObject, object: KubeObject) =>
      withValueAt(object, replicasPath(info), checkedReplicas(scale["spec"], context)) as KubeObject,
  };
  return { ...context, subresource: "", seen };
}
