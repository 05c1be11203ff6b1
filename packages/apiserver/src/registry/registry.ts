import { randomUUID } from "node:crypto";
import type { Decision, Operation, Request, UserInfo } from "@sallyport/admission";
import {
  apiVersionOf,
  applyDefaults,
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
  conform,
  findResource,
  findSchema,
  generateName,
  invalidStatus,
  type KubeObject,
  type ResourceInfo,
  StatusError,
  validateObject,
  validateUpdate,
} from "@sallyport/kube";
import { type Store, StoreError } from "../storage/store.ts";
import type { Cache } from "./cache.ts";
import { keyOf, storageGroup, storageVersion } from "./keys.ts";
import { strategyOf, withStringData } from "./strategies.ts";

/** How often a write without a resourceVersion is tried again when somebody was faster. kube-apiserver's guaranteed update does as much. */
const maxAttempts = 10;

export interface RegistryOptions {
  readonly store: Store;
  readonly cache: Cache;
  /** Runs admission; `validate` is to be called between its phases. */
  readonly admit: (request: Request, validate: (object: KubeObject | null) => KubeObject | null) => Promise<Decision>;
  readonly now: () => number;
  readonly randomBytes: (size: number) => Uint8Array;
}

/** Where a write goes, who asks, and how. */
export interface WriteContext {
  readonly info: ResourceInfo;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly user: UserInfo;
  readonly dryRun: boolean;
  readonly fieldValidation: "Strict" | "Warn" | "Ignore";
  /** Collects `Warning:` headers. */
  readonly warn: (text: string) => void;
  /** Collects audit annotations. */
  readonly audit: (annotations: { readonly [key: string]: string }) => void;
}

export interface DecodedBody {
  readonly value: { readonly [field: string]: unknown };
  readonly strictErrors: readonly string[];
}

export interface DeleteOptions {
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly propagationPolicy?: string;
  readonly gracePeriodSeconds?: number;
  readonly dryRun?: readonly string[];
}

/** Creates, changes and deletes objects of every built-in kind, in the API server's order: decode, default, admit, validate, admit, store. */
export class Registry {
  readonly #options: RegistryOptions;

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  async create(body: DecodedBody, context: WriteContext): Promise<KubeObject> {
    const decoded = this.#decode(body, context);
    if (decoded.metadata.resourceVersion)
      throw new StatusError("BadRequest", "resourceVersion should not be set on objects to be created");
    const prepared = this.#prepareCreate(decoded, context);
    const object = await this.#admit("CREATE", prepared, null, context, (admitted) =>
      this.#finishCreate(admitted, context),
    );
    if (context.dryRun) {
      if (this.#current(context, object.metadata.name ?? "") !== undefined)
        throw this.#alreadyExists(context, object.metadata.name ?? "");
      return object;
    }
    return this.#write(object, 0, context);
  }

  /** Replaces an object; `make` answers the new one for the current one, and may be asked again when somebody was faster. */
  async update(make: (current: KubeObject) => KubeObject, context: WriteContext): Promise<KubeObject> {
    for (let attempt = 1; ; attempt++) {
      const current = this.#current(context, context.name);
      if (current === undefined) throw this.notFound(context);
      const wanted = make(current);
      const given = wanted.metadata.resourceVersion;
      const isPinned = given !== undefined && given !== "" && given !== current.metadata.resourceVersion;
      if (isPinned) throw this.#conflict(context);
      try {
        return await this.#replace(wanted, current, context);
      } catch (error) {
        const isRace =
          error instanceof StatusError && error.status.reason === "Conflict" && (given === undefined || given === "");
        if (!isRace || attempt >= maxAttempts) throw error;
      }
    }
  }

  /** The body of an update, decoded against the object that is there. */
  updateFrom(body: DecodedBody, context: WriteContext): Promise<KubeObject> {
    const decoded = this.#decode(body, context);
    const { uid } = decoded.metadata;
    return this.update((current) => {
      if (uid && uid !== current.metadata.uid) {
        throw new StatusError(
          "Conflict",
          `Operation cannot be fulfilled on ${qualified(context.info)} "${context.name}": Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.metadata.uid}`,
        );
      }
      return applyDefaults(decoded);
    }, context);
  }

  /** `type` is the patch's content type. */
  patch(patch: unknown, type: string, context: WriteContext): Promise<KubeObject> {
    return this.update((current) => {
      const patched = this.#applyPatch(outgoing(current, context.info), patch, type, context);
      const withVersion = this.#decode({ value: patched, strictErrors: [] }, context);
      const pinned = (patch as { readonly metadata?: { readonly resourceVersion?: string } } | null)?.metadata
        ?.resourceVersion;
      const { resourceVersion: _, ...metadata } = withVersion.metadata;
      return applyDefaults({
        ...withVersion,
        metadata: pinned === undefined ? metadata : { ...metadata, resourceVersion: pinned },
      });
    }, context);
  }

  async delete(
    options: DeleteOptions,
    context: WriteContext,
  ): Promise<{ readonly object: KubeObject; readonly gone: boolean }> {
    for (let attempt = 1; ; attempt++) {
      const current = this.#current(context, context.name);
      if (current === undefined) throw this.notFound(context);
      checkPreconditions(options, current, context);
      try {
        return await this.#deleteOne(current, options, context);
      } catch (error) {
        const isRace =
          error instanceof StatusError &&
          error.status.reason === "Conflict" &&
          options.preconditions?.resourceVersion === undefined;
        if (!isRace || attempt >= maxAttempts) throw error;
      }
    }
  }

  /** Writes the object as it is, past admission: for the server's own controllers. */
  async writeDirect(
    object: KubeObject | undefined,
    current: KubeObject | undefined,
    info: ResourceInfo,
    namespace: string,
    name: string,
  ): Promise<boolean> {
    const key = keyOf(storageGroup(info.group, info.resource), info.resource, namespace, name);
    const value = object && encode(object, info);
    const result = await this.#options.store.write({
      key,
      expected: Number(current?.metadata.resourceVersion ?? 0),
      value,
    });
    return result.ok;
  }

  notFound({ info, name }: WriteContext): StatusError {
    return new StatusError("NotFound", `${qualified(info)} "${name}" not found`, {
      name,
      ...(info.group === "" ? {} : { group: info.group }),
      kind: info.resource,
    });
  }

  #current({ info, namespace }: WriteContext, name: string): KubeObject | undefined {
    return this.#options.cache.get(info.group, info.resource, info.namespaced ? namespace : "", name);
  }

  #decode({ value, strictErrors }: DecodedBody, context: WriteContext): KubeObject {
    const { info } = context;
    const apiVersion = apiVersionOf(info);
    const given = { apiVersion, kind: info.kind, ...value };
    if (given.apiVersion !== apiVersion)
      throw new StatusError(
        "BadRequest",
        `the API version in the data (${String(given.apiVersion)}) does not match the expected API version (${apiVersion})`,
      );
    if (given.kind !== info.kind)
      throw new StatusError(
        "BadRequest",
        `the kind in the data (${String(given.kind)}) does not match the expected kind (${info.kind})`,
      );
    const schema = info.schema === undefined ? undefined : findSchema(info.schema);
    const { object, unknown } =
      schema === undefined
        ? { object: given as unknown as KubeObject, unknown: [] }
        : conform(given, schema, info.kind);
    const faults = [...strictErrors, ...unknown];
    if (faults.length > 0 && context.fieldValidation === "Strict") {
      throw new StatusError(
        "BadRequest",
        `${info.kind} in version "${info.version}" cannot be handled as a ${info.kind}: strict decoding error: ${faults.join(", ")}`,
      );
    }
    if (context.fieldValidation === "Warn") for (const fault of faults) context.warn(fault);
    const metadata = object.metadata ?? {};
    if (info.namespaced && metadata.namespace && metadata.namespace !== context.namespace) {
      throw new StatusError(
        "BadRequest",
        "the namespace of the provided object does not match the namespace sent on the request",
      );
    }
    if (context.name !== "" && metadata.name && metadata.name !== context.name) {
      throw new StatusError(
        "BadRequest",
        `the name of the object (${metadata.name}) does not match the name on the URL (${context.name})`,
      );
    }
    const name = context.name === "" ? {} : { name: context.name };
    return {
      ...object,
      metadata: { ...metadata, ...name, ...(info.namespaced ? { namespace: context.namespace } : {}) },
    };
  }

  #prepareCreate(decoded: KubeObject, { info }: WriteContext): KubeObject {
    const { generateName: base, name } = decoded.metadata;
    const metadata = {
      ...decoded.metadata,
      ...(!name && base ? { name: generateName(base, this.#options.randomBytes) } : {}),
    };
    const defaulted = applyDefaults({ ...decoded, metadata });
    return strategyOf(info.resource).prepareCreate?.(defaulted, this.#options.cache.reader) ?? defaulted;
  }

  #finishCreate(object: KubeObject, { info }: WriteContext): KubeObject {
    const { uid: _uid, deletionTimestamp: _deleted, ...metadata } = object.metadata;
    const hasGeneration =
      object["spec"] !== undefined &&
      strategyOf(info.resource).hasStatus &&
      !["namespaces", "services", "nodes", "persistentvolumeclaims", "persistentvolumes"].includes(info.resource);
    const finished: KubeObject = {
      ...object,
      metadata: {
        ...metadata,
        uid: randomUUID(),
        creationTimestamp: this.#timestamp(),
        ...(hasGeneration ? { generation: 1 } : {}),
      },
    };
    const errors = validateObject(finished);
    if (errors.length > 0) throw invalidStatus(info, finished.metadata.name ?? "", errors);
    return finished;
  }

  #timestamp(): string {
    return `${new Date(this.#options.now()).toISOString().slice(0, 19)}Z`;
  }

  async #replace(wanted: KubeObject, current: KubeObject, context: WriteContext): Promise<KubeObject> {
    const prepared = prepareUpdate(wanted, current, context);
    const object = await this.#admit("UPDATE", prepared, current, context, (admitted) => {
      const finished = prepareUpdate(admitted, current, context);
      const errors =
        context.subresource === "status" ? [] : [...validateObject(finished), ...validateUpdate(finished, current)];
      if (errors.length > 0) throw invalidStatus(context.info, context.name, errors);
      return finished;
    });
    if (context.dryRun) return object;
    if (isSame(object, current)) return current;
    const isReleased =
      current.metadata.deletionTimestamp &&
      (object.metadata.finalizers ?? []).length === 0 &&
      !hasSpecFinalizers(object);
    if (isReleased) return this.#remove(object, current, context);
    return this.#write(object, Number(current.metadata.resourceVersion), context);
  }

  async #deleteOne(
    current: KubeObject,
    options: DeleteOptions,
    context: WriteContext,
  ): Promise<{ readonly object: KubeObject; readonly gone: boolean }> {
    await this.#admit("DELETE", null, current, context, (object) => object as never);
    if (context.dryRun || options.dryRun?.includes("All") === true) return { object: current, gone: true };
    // Foreground and orphan deletion need a garbage collector; until there is one, dependents are left as they are.
    const held = current.metadata.finalizers ?? [];
    if (held.length === 0 && !hasSpecFinalizers(current))
      return { object: await this.#remove(current, current, context), gone: true };
    if (current.metadata.deletionTimestamp) return { object: current, gone: false };
    const metadata = { ...current.metadata, deletionTimestamp: this.#timestamp(), deletionGracePeriodSeconds: 0 };
    const status =
      context.info.resource === "namespaces"
        ? { status: { ...((current["status"] ?? {}) as object), phase: "Terminating" } }
        : {};
    const marked = await this.#write(
      { ...current, metadata, ...status },
      Number(current.metadata.resourceVersion),
      context,
    );
    return { object: marked, gone: false };
  }

  async #remove(object: KubeObject, current: KubeObject, context: WriteContext): Promise<KubeObject> {
    const name = current.metadata.name ?? "";
    const key = keyOf(
      storageGroup(context.info.group, context.info.resource),
      context.info.resource,
      current.metadata.namespace ?? "",
      name,
    );
    const result = await this.#commit({ key, expected: Number(current.metadata.resourceVersion), value: undefined });
    if (!result.ok) throw this.#conflict(context);
    return object;
  }

  async #write(object: KubeObject, expected: number, context: WriteContext): Promise<KubeObject> {
    const { info } = context;
    const name = object.metadata.name ?? "";
    const key = keyOf(
      storageGroup(info.group, info.resource),
      info.resource,
      info.namespaced ? (object.metadata.namespace ?? "") : "",
      name,
    );
    const result = await this.#commit({ key, expected, value: encode(object, info) });
    if (!result.ok) throw expected === 0 ? this.#alreadyExists(context, name) : this.#conflict(context);
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(result.revision) } };
  }

  async #commit(write: Parameters<Store["write"]>[0]): ReturnType<Store["write"]> {
    try {
      return await this.#options.store.write(write);
    } catch (error) {
      if (error instanceof StoreError)
        throw new StatusError("ServiceUnavailable", `the write was not stored: ${error.message}`);
      throw error;
    }
  }

  async #admit(
    operation: Operation,
    object: KubeObject | null,
    oldObject: KubeObject | null,
    context: WriteContext,
    validate: (object: KubeObject) => KubeObject,
  ): Promise<KubeObject> {
    const { info, subresource, user } = context;
    const name = context.name || (object?.metadata.name ?? "");
    const isNamespace = info.group === "" && info.resource === "namespaces";
    const request: Request = {
      uid: randomUUID(),
      kind: { group: info.group, version: info.version, kind: info.kind },
      resource: { group: info.group, version: info.version, resource: info.resource },
      subResource: subresource,
      name,
      namespace: isNamespace ? name : info.namespaced ? context.namespace : "",
      operation,
      userInfo: user,
      object: object && outgoing(object, info),
      oldObject: oldObject && outgoing(oldObject, info),
      options: { kind: `${operation[0]}${operation.slice(1).toLowerCase()}Options`, apiVersion: "meta.k8s.io/v1" },
      dryRun: context.dryRun,
    };
    const decision = await this.#options.admit(request, (admitted) => (admitted === null ? null : validate(admitted)));
    for (const warning of decision.warnings) context.warn(warning);
    context.audit(decision.auditAnnotations);
    if (!decision.allowed) {
      const { message = "", reason = "Forbidden", details, code } = decision.status ?? { code: 403 };
      throw new StatusError(reason, message, details, code);
    }
    return decision.object as KubeObject;
  }

  #applyPatch(
    current: KubeObject,
    patch: unknown,
    type: string,
    { info }: WriteContext,
  ): { readonly [field: string]: unknown } {
    switch (type) {
      case "application/json-patch+json":
        return applyJsonPatch(current, patch);
      case "application/merge-patch+json":
        return asObject(applyMergePatch(current, patch));
      case "application/strategic-merge-patch+json": {
        const schema = info.schema === undefined ? undefined : findSchema(info.schema);
        if (schema === undefined) throw unsupportedPatch(type);
        return applyStrategicMergePatch(current, asObject(patch), schema);
      }
      default:
        throw unsupportedPatch(type);
    }
  }

  #alreadyExists({ info }: WriteContext, name: string): StatusError {
    return new StatusError("AlreadyExists", `${qualified(info)} "${name}" already exists`, {
      name,
      ...(info.group === "" ? {} : { group: info.group }),
      kind: info.resource,
    });
  }

  #conflict({ info, name }: WriteContext): StatusError {
    const message = `Operation cannot be fulfilled on ${qualified(info)} "${name}": the object has been modified; please apply your changes to the latest version and try again`;
    return new StatusError("Conflict", message, {
      name,
      ...(info.group === "" ? {} : { group: info.group }),
      kind: info.resource,
    });
  }
}

/** `deployments.apps`, `pods`. */
export function qualified({ group, resource }: { readonly group: string; readonly resource: string }): string {
  return group === "" ? resource : `${resource}.${group}`;
}

/** The resource itself, where a subresource was asked for. */
export function parentInfo(info: ResourceInfo): ResourceInfo {
  const [resource = ""] = info.resource.split("/");
  return findResource(info.group, info.version, resource) ?? info;
}

/** An object in the version that was asked for. */
export function outgoing(object: KubeObject, info: ResourceInfo): KubeObject {
  const apiVersion = apiVersionOf(info);
  return object.apiVersion === apiVersion ? object : { ...object, apiVersion };
}

function encode(object: KubeObject, info: ResourceInfo): Uint8Array {
  const group = storageGroup(info.group, info.resource);
  const { resourceVersion: _, ...metadata } = object.metadata;
  return Buffer.from(
    JSON.stringify({
      ...object,
      apiVersion: apiVersionOf({ group, version: storageVersion(group, info.resource) }),
      metadata,
    }),
  );
}

/** What no update changes, and whose fields a subresource may touch. */
function prepareUpdate(wanted: KubeObject, current: KubeObject, { info, subresource }: WriteContext): KubeObject {
  const { uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds, generation, namespace, name } =
    current.metadata;
  const fixed = defined({
    uid,
    creationTimestamp,
    deletionTimestamp,
    deletionGracePeriodSeconds,
    generation,
    namespace,
    name,
  });
  const { resourceVersion: _, ...given } = wanted.metadata;
  const strategy = strategyOf(info.resource);
  if (subresource === "status") {
    const { labels: _labels, ...rest } = given;
    return { ...current, metadata: { ...current.metadata, ...rest, ...fixed }, status: wanted["status"] };
  }
  const kept = Object.fromEntries(
    [...(strategy.keep ?? []), ...(strategy.hasStatus ? ["status"] : [])]
      .filter((field) => current[field] !== undefined)
      .map((field) => [field, current[field]]),
  );
  const secret = info.resource === "secrets" ? withStringData(wanted) : wanted;
  const object: KubeObject = { ...secret, ...kept, metadata: { ...given, ...fixed } };
  const isNewSpec = generation !== undefined && !isEqual(object["spec"], current["spec"]);
  return isNewSpec ? { ...object, metadata: { ...object.metadata, generation: (generation as number) + 1 } } : object;
}

function defined(fields: { readonly [name: string]: unknown }): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function isEqual(a: unknown, b: unknown): boolean {
  return JSON.stringify(a, sortKeys) === JSON.stringify(b, sortKeys);
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isSame(a: KubeObject, b: KubeObject): boolean {
  const strip = ({ metadata, apiVersion: _, ...rest }: KubeObject) => ({
    ...rest,
    metadata: { ...metadata, resourceVersion: "" },
  });
  return isEqual(strip(a), strip(b));
}

function hasSpecFinalizers(object: KubeObject): boolean {
  return (
    object.kind === "Namespace" &&
    ((object["spec"] as { readonly finalizers?: readonly string[] } | undefined)?.finalizers ?? []).length > 0
  );
}

function checkPreconditions({ preconditions }: DeleteOptions, current: KubeObject, { info, name }: WriteContext): void {
  for (const field of ["uid", "resourceVersion"] as const) {
    const wanted = preconditions?.[field];
    if (wanted === undefined || wanted === current.metadata[field]) continue;
    const label = field === "uid" ? "UID" : "ResourceVersion";
    throw new StatusError(
      "Conflict",
      `Operation cannot be fulfilled on ${qualified(info)} "${name}": Precondition failed: ${label} in precondition: ${wanted}, ${label} in object meta: ${current.metadata[field]}`,
    );
  }
}

function asObject(value: unknown): { readonly [field: string]: unknown } {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as { readonly [field: string]: unknown };
  throw new StatusError(
    "BadRequest",
    "error decoding patch: json: cannot unmarshal into Go value of type map[string]interface {}",
  );
}

function unsupportedPatch(type: string): StatusError {
  const supported = [
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
  ];
  return new StatusError(
    "UnsupportedMediaType",
    `the body of the request was in an unknown format - accepted media types include: ${supported.join(", ")} (got ${type})`,
  );
}
