import {
  apiVersionOf,
  isProtobufKind,
  type KubeObject,
  parseLabelSelector,
  type ResourceInfo,
  type Status,
  StatusError,
} from "@sallyport/kube";
import { parse as parseYaml } from "yaml";
import { warnOfVersion } from "../custom/objects.ts";
import { bindingKind } from "../registry/bound-pod.ts";
import type { DeleteOptions } from "../registry/context.ts";
import { answersDeleted, deletionWarning } from "../registry/deletion.ts";
import { notFound, unnamed } from "../registry/faults.ts";
import { admitSent } from "../registry/sent.ts";
import { answerReview } from "../reviews/all.ts";
import { write } from "./answer.ts";
import {
  checkBodyType,
  decodeBody,
  decodeObjectBody,
  decodeResourceBody,
  decodeSent,
  mediaType,
  readBody,
} from "./body.ts";
import { type Call, fullName, type HandlerOptions, parentOf, writeContext } from "./call.ts";
import { deleteUnread } from "./delete-unread.ts";
import { deprecationOf } from "./deprecations.ts";
import { checkReadVersion, type ListContext, listObjects, writeObject } from "./list.ts";
import { allFormats, type Format, mediaTypes, namesOne, negotiate, textFormats, type Wanted } from "./negotiate.ts";
import { deleteOptions } from "./options.ts";
import { checkPatchType, isPatchType, mayCreate, patchObject } from "./patch.ts";
import { checkPlace, isRightPlace, isServedCustom, isServedHere } from "./place.ts";
import { readPrepared } from "./read-object.ts";
import { checkPartialForm, methodNotAllowed, notAcceptable, notServed, noVerb } from "./refusals.ts";
import { type RequestInfo, scopeOf } from "./request-info.ts";
import { findSubresource } from "./subresources/all.ts";
import { bind } from "./subresources/binding.ts";
import { admitConnection } from "./subresources/connect.ts";
import type { Subresource } from "./subresources/subresource.ts";
import { watchObjects } from "./watch.ts";

/** Every verb of every resource. False when no such resource is served. */
export async function serveResource(call: Call, options: HandlerOptions): Promise<boolean> {
  const { info } = call;
  const served = options.catalogue.find(info.group, info.version, fullName(info));
  if (!info.isResource) return false;
  if (served?.custom !== undefined && !isServedCustom(call, served)) return false;
  if (served === undefined || info.rest !== "") checkCustomPart(call, options);
  if (served === undefined) return false;
  if (!isServedHere(call, served)) throw notServed();
  const streamed = findStreamed(info);
  if (!served.verbs.includes(info.verb))
    throw served.custom === undefined ? methodNotAllowed() : noVerb(served, info.verb);
  checkPlace(call, served);
  if (streamed === undefined && !isRightPlace(call, served)) throw methodNotAllowed();
  warnOfVersion(served, call);
  if (streamed === undefined && served.custom === undefined) checkTypes(call, served);
  const deprecation = deprecationOf(served);
  const isRefused = info.verb === "patch" && !isPatchType(mediaType(call.request));
  if (deprecation !== undefined && !isRefused) call.warnings.push(deprecation);
  if (streamed !== undefined) await serveStreamed(streamed, call, served, options);
  else await serveVerb({ ...call, wanted: wantedOf(call, served) }, served, options);
  return true;
}

/** Below a custom object there is nothing but what its definition names. Throws `NotFound` of the object. */
function checkCustomPart(call: Call, { catalogue }: HandlerOptions): void {
  const { group, version, resource, subresource, name } = call.info;
  const whole = catalogue.find(group, version, resource);
  if (whole?.custom === undefined || subresource === "" || !isServedCustom(call, whole)) return;
  warnOfVersion(whole, call);
  throw notFound(whole, name);
}

function findStreamed({ resource, subresource }: RequestInfo): Subresource | undefined {
  const found = subresource === "" ? undefined : findSubresource(resource, subresource);
  return found?.isStreamed === true ? found : undefined;
}

async function serveStreamed(
  { serve, connects }: Subresource,
  call: Call,
  served: ResourceInfo,
  options: HandlerOptions,
): Promise<void> {
  const context = writeContext(call, parentOf(served, options.catalogue));
  if (connects !== undefined) await admitConnection(call, context, connects, options);
  await serve({ call, context, bytes: Buffer.alloc(0), type: "" }, options);
}

async function serveVerb(call: Call, served: ResourceInfo, options: HandlerOptions): Promise<void> {
  if (call.info.subresource !== "") await serveSubresource(call, served, options);
  else if (["get", "list", "watch"].includes(call.info.verb)) await serveRead(call, served, options);
  else await serveWrite(call, served, options);
}

/** Custom objects have no protobuf. What a part of a built-in kind takes and shows may be of another group. */
function formatsOf({ group, version, kind, resource, custom }: ResourceInfo): readonly Format[] {
  const isPart = custom === undefined && resource.includes("/");
  return isPart || isProtobufKind(apiVersionOf({ group, version }), kind) ? allFormats : textFormats;
}

/** Whether objects are shown as rows: neither what is only sent is, nor parts of objects but their status and scale. */
function isTabular({ resource, kind, custom }: ResourceInfo): boolean {
  if (custom !== undefined) return true;
  const [whole = "", part] = resource.split("/");
  if (part === undefined) return !kind.endsWith("Review") && whole !== "bindings";
  return part === "scale" || (part === "status" && whole !== "resourceclaims");
}

/** A request that names no type that the resource has is not for this path at all. */
function checkTypes({ info, request }: Call, served: ResourceInfo): void {
  const formats = formatsOf(served);
  const types = formats.map((each) => mediaTypes[each]);
  if (!namesOne(request.headers.accept, types)) throw notAcceptable("type", info.verb, formats);
}

/** Streams have no YAML. */
function wantedOf({ wanted, info, request }: Call, served: ResourceInfo): Wanted {
  const formats = formatsOf(served);
  const { accept } = request.headers;
  // Protobuf is offered to who asks for something else of a custom object, and not given.
  const offered = served.custom === undefined ? formats : allFormats;
  const chosen = negotiate(accept, formats, isTabular(served));
  if (chosen.refused) throw notAcceptable("form", "get", offered);
  // Of what the client would take, the best counts, though a second might do.
  if (info.verb === "watch" && chosen.format === "yaml") throw notAcceptable("form", "watch", offered);
  return { ...chosen, pretty: wanted.pretty };
}

async function serveRead(call: Call, served: ResourceInfo, options: HandlerOptions): Promise<void> {
  const { info, query, wanted, response } = call;
  const version = query.get("continue") ? "0" : (query.get("resourceVersion") ?? "");
  const start = performance.now();
  await options.cache.caughtUp(version);
  if (version !== "0") options.metrics.waited(served, (performance.now() - start) / 1000, version === "");
  const listing: ListContext = {
    cache: options.cache,
    info: served,
    namespace: served.namespaced ? info.namespace : "",
    query: withName(query, info),
    wanted,
    now: options.now,
    prepare: (objects) => options.registry.prepare(objects, served),
    warnings: call.warnings,
    onList: (...list) => options.metrics.listed(served, ...list),
    onEvent: (bytes) => options.metrics.watchEvent(served, bytes),
    onInitialSent: () => options.metrics.filters.watchListed(served, scopeOf(info), (performance.now() - start) / 1000),
    onCut: () => options.metrics.filters.watcherCut(served),
  };
  if (info.verb === "watch") return watchObjects(listing, response);
  if (info.verb === "list") {
    const list = await listObjects(listing);
    checkPartialForm(wanted, served, true);
    return write(call, 200, list);
  }
  checkReadVersion(query.get("resourceVersion") ?? "", served, options.cache);
  const object = await readPrepared(call, served, options);
  // What is not there cannot be shown in any form.
  checkPartialForm(wanted, served, false);
  write(call, 200, writeObject(object, listing));
}

/** A watch of a single object by its URL is one with a field selector. */
function withName(query: URLSearchParams, { name, verb }: RequestInfo): URLSearchParams {
  if (verb !== "watch" || name === "") return query;
  const copy = new URLSearchParams(query);
  copy.set("fieldSelector", `metadata.name=${name}`);
  return copy;
}

async function serveSubresource(call: Call, served: ResourceInfo, options: HandlerOptions): Promise<void> {
  const { info, request } = call;
  const bytes = info.verb === "get" ? Buffer.alloc(0) : await readBody(request);
  options.metrics.bodyRead(info, bytes.length);
  tellBody(call, bytes, mediaType(request));
  if (isReview(info, served) && (await serveReview(call, served, bytes, options))) return;
  const found = findSubresource(info.resource, info.subresource);
  if (found === undefined) throw new StatusError("MethodNotAllowed", `${served.resource} is not supported yet`);
  const context = writeContext(call, parentOf(served, options.catalogue));
  await found.serve({ call, context, bytes, type: mediaType(request) }, options);
}

function tellBody({ audit, info }: Call, bytes: Buffer, type: string): void {
  if (bytes.length === 0) return;
  audit.requestBody(() => {
    if (info.verb === "patch") return parseYaml(bytes.toString("utf8"), { uniqueKeys: false });
    const { value } = decodeBody(bytes, type);
    return info.verb.startsWith("delete") ? { ...value, ...deleteOptionsType } : value;
  });
}

/** kube-apiserver tells of options as it has them in memory. */
const deleteOptionsType = { kind: "DeleteOptions", apiVersion: "meta.k8s.io/__internal" } as const;

async function serveWrite(call: Call, served: ResourceInfo, options: HandlerOptions): Promise<void> {
  const { info, request, query, wanted } = call;
  const { registry, now } = options;
  const bytes = await readBody(request);
  options.metrics.bodyRead(info, bytes.length);
  const type = mediaType(request);
  tellBody(call, bytes, type);
  if (isReview(info, served) && (await serveReview(call, served, bytes, options))) return;
  if (served.resource === "bindings" && served.group === "") return serveLegacyBinding(call, served, bytes, options);
  if (info.verb === "delete" || info.verb === "deletecollection") {
    const deletion = deleteOptions(query, bytes, type, info.verb === "deletecollection");
    if (info.verb === "deletecollection") parseLabelSelector(query.get("labelSelector") ?? "");
    const warning = deletionWarning(served, deletion);
    if (warning !== undefined) call.warnings.push(warning);
    await (info.verb === "delete" ? serveDelete : serveDeleteCollection)(call, served, deletion, options);
    return;
  }
  if (info.name === "" && info.verb !== "create") throw unnamed("");
  // What can be read at all is asked before what the query says.
  if (info.verb === "patch") checkPatchType(type);
  if (info.verb === "create") checkBodyType(type);
  const context = writeContext(call, served);
  const { object, created } =
    info.verb === "patch"
      ? await patchObject(call, context, bytes, type, options)
      : info.verb === "create"
        ? { object: await registry.create(decodeResourceBody(bytes, type, served), context), created: true }
        : await registry.replace(decodeResourceBody(bytes, type, served), context, () => mayCreate(call, options));
  // It is done, and cannot be shown so.
  checkPartialForm(wanted, served, false);
  write(call, created ? 201 : 200, writeObject(object, { info: served, query, wanted, now }));
}

/** A Binding outside of its pod, as it was before there were subresources: its own name is the pod's. */
async function serveLegacyBinding(
  call: Call,
  served: ResourceInfo,
  bytes: Buffer,
  options: HandlerOptions,
): Promise<void> {
  const { metadata } = decodeSent(bytes, mediaType(call.request), bindingKind) as Partial<KubeObject>;
  const info = { ...call.info, resource: "pods", name: metadata?.name ?? "", subresource: "binding" };
  const pods = options.catalogue.find("", "v1", "pods") as ResourceInfo;
  const asked: Call = { ...call, info };
  const context = writeContext(asked, pods);
  await bind({ call: asked, context, bytes, type: mediaType(call.request) }, options, writeContext(call, served));
}

function isReview({ verb }: RequestInfo, { kind, schema }: ResourceInfo): boolean {
  return verb === "create" && kind.endsWith("Review") && schema !== undefined;
}

/** Reviews are answered and not stored. */
async function serveReview(
  call: Call,
  served: ResourceInfo,
  bytes: Buffer,
  { cache, authorizer, authentication, registry, now }: HandlerOptions,
): Promise<boolean> {
  const { user, request } = call;
  const context = writeContext(call, served);
  const sent = { ...served, schema: served.schema ?? "" };
  const body = await admitSent(
    registry,
    sent,
    decodeObjectBody(bytes, mediaType(request), served.kind),
    context,
    now(),
  );
  const { namespace } = context;
  const { reader } = cache;
  const answer = await answerReview({ info: served, body, user, namespace, reader, authorizer, authentication, now });
  if (answer === undefined) return false;
  checkPartialForm(call.wanted, served, false);
  write(call, 201, writeObject(answer as KubeObject, { info: served, query: call.query, wanted: call.wanted, now }));
  return true;
}

async function serveDeleteCollection(
  call: Call,
  served: ResourceInfo,
  deletion: DeleteOptions,
  { registry, cache, now }: HandlerOptions,
): Promise<void> {
  const { info, query } = call;
  const context = writeContext(call, served);
  const listing: ListContext = {
    cache,
    info: served,
    namespace: info.namespace,
    query,
    wanted: call.wanted,
    now,
    prepare: (objects) => registry.prepare(objects, served),
  };
  const { as } = call.wanted;
  const listed = (await listObjects({ ...listing, wanted: { ...call.wanted, as: "object" } })) as {
    items: readonly { metadata: { name?: string; namespace?: string } }[];
  };
  // As they were before they are gone.
  const shown = as === "object" ? listed : await listObjects(listing);
  for (const { metadata } of listed.items)
    await registry.delete(
      deletion,
      { ...context, name: metadata.name ?? "", namespace: metadata.namespace ?? "" },
      "item",
    );
  checkPartialForm(call.wanted, served, true);
  write(call, 200, shown);
}

async function serveDelete(
  call: Call,
  served: ResourceInfo,
  deletion: DeleteOptions,
  options: HandlerOptions,
): Promise<void> {
  if (deletion.ignoreStoreReadErrorWithClusterBreakingPotential === true)
    return deleteUnread(call, served, deletion, options);
  const { registry, now } = options;
  const { object, gone } = await registry.delete(deletion, writeContext(call, served));
  if (!gone || answersDeleted(served)) {
    const wanted = { ...call.wanted, as: "object" as const };
    write(call, 200, writeObject(object, { info: served, query: call.query, wanted, now }));
    return;
  }
  const { name = "", uid = "" } = object.metadata;
  const details = { name, ...(served.group === "" ? {} : { group: served.group }), kind: served.resource, uid };
  const status: Omit<Status, "code"> = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details };
  write(call, 200, status);
}
