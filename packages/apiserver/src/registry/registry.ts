import { randomUUID } from "node:crypto";
import type { Decision, Operation, Request } from "@sallyport/admission";
import {
  applyDefaults,
  type FieldError,
  generateName,
  invalidStatus,
  type KubeObject,
  type ResourceInfo,
  statusWarningsOf,
  timestampOf,
} from "@sallyport/kube";
import { checkCreatable } from "../custom/objects.ts";
import type { RulesObserver } from "../custom/rules.ts";
import { adminAccessFaults } from "./admin-access.ts";
import { admissionRequest, admitted } from "./admission.ts";
import { asStored } from "./as-stored.ts";
import type { DecodedBody, DeleteOptions, Guard, WriteContext } from "./context.ts";
import { decodeObject } from "./decode.ts";
import { checkDeletable } from "./deletable.ts";
import {
  checkPreconditions,
  gracePeriod,
  isEnding,
  isHeld,
  isOnlyMarked,
  isReleased,
  marked,
  optionsAsked,
} from "./deletion.ts";
import { withDrawnName } from "./drawn-name.ts";
import { inStorageVersion, outgoing } from "./encode.ts";
import { isSame } from "./equality.ts";
import {
  alreadyExists,
  conflict,
  elsewhere,
  failedPrecondition,
  unnamed,
  unversioned,
  versionedCreation,
} from "./faults.ts";
import { appliedTo, managedBy, managedDirectly, withManagedFields } from "./field-management.ts";
import { isGoing, LiveObjects, type LiveObjectsOptions } from "./live-objects.ts";
import { mergedPatchText } from "./merged-patch-text.ts";
import { errorsOf, reportedKind, warned } from "./object-checks.ts";
import { withDistinctOwners } from "./owner-references.ts";
import { patchedText } from "./patched-text.ts";
import {
  applyPatch,
  checkIdentity,
  checkUnmoved,
  checkVersioned,
  decodeApplied,
  decodePatched,
  decodePatchedText,
} from "./patches.ts";
import { prepareUpdate } from "./prepare-update.ts";
import { isVersioned, pinnedVersion, withVersion } from "./resource-version.ts";
import { retried } from "./retried.ts";
import { type OnAllocated, ServiceAddresses } from "./service-addresses.ts";
import type { ServiceRanges } from "./service-ranges.ts";
import { isMadeByUpdate, strategyFor } from "./strategies.ts";
import { UnreadableError, unreadableForUpdate } from "./unreadable.ts";

export interface RegistryOptions extends LiveObjectsOptions {
  /** Runs admission; `validate` is to be called between its phases. */
  readonly admit: (
    request: Request,
    validate: (object: KubeObject | null) => KubeObject | null | Promise<KubeObject | null>,
  ) => Promise<Decision>;
  /** Asked after mutation and before validation of every write of an object; throws what the user may not write. */
  readonly guard?: Guard;
  readonly now: () => number;
  readonly randomBytes: (size: number) => Uint8Array;
  /** Which addresses and ports services get; upstream's defaults when absent. */
  readonly serviceRanges?: ServiceRanges;
  readonly onAllocated?: OnAllocated;
  readonly onRules?: RulesObserver;
}

/** Creates, changes and deletes objects of every kind, in the API server's order: decode, default, admit, validate, admit, store. */
export class Registry {
  readonly #options: RegistryOptions;
  readonly #objects: LiveObjects;
  readonly #addresses: ServiceAddresses;

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#objects = new LiveObjects(options);
    this.#addresses = new ServiceAddresses(options.serviceRanges, options.onAllocated);
    options.cache.follow(({ namespace, name, object }) => this.#addresses.changed(namespace, name, object), {
      group: "",
      resource: "services",
    });
  }

  /** Has objects of the cache at hand in a resource's version: where a webhook converts them, it is asked now, and `outgoing` is not. */
  prepare(objects: Iterable<KubeObject>, info: ResourceInfo): Promise<void> {
    return this.#objects.prepare(objects, info);
  }

  async create(body: DecodedBody, context: WriteContext): Promise<KubeObject> {
    const decoded = decodeObject(body, context);
    tellReceived(decoded, body, context);
    const received = this.#received(decoded, context);
    return await withDrawnName(received, () => this.#create(received, context));
  }

  async #create(received: KubeObject, context: WriteContext): Promise<KubeObject> {
    let prepared = received;
    checkCreatable(context.info, received.metadata.name ?? "");
    let isMutated = false;
    try {
      const taken = await this.admit("CREATE", received, null, context, async (each) => {
        isMutated = each !== received;
        prepared = this.#prepareCreate(withDistinctOwners(each, context.warn, "admitted"), context);
        const guarded = this.#options.guard?.(prepared, null, context);
        if (guarded !== undefined) await guarded;
        return this.#finishCreate(prepared, context);
      });
      const object = asStored(taken, context.info, isMutated);
      if (!context.dryRun) {
        if (isVersioned(object)) throw versionedCreation();
        return await this.#objects.write(object, await this.#objects.inStorage(object, context.info), 0, context);
      }
      const name = object.metadata.name ?? "";
      const there = this.#objects.there(context, name);
      // A dry run takes what it cannot read for absent, as upstream.
      if (there !== undefined && there !== "unread") throw alreadyExists(context.info, object, isGoing(there));
      return object;
    } finally {
      this.#addresses.settled(prepared);
    }
  }

  /**
   * Replaces an object; `make` answers the new one for the current one, and may be asked again when somebody was faster. What it
   * changes is its writer's, unless the new object tells so already.
   */
  async update(
    make: (current: KubeObject) => KubeObject,
    context: WriteContext,
    { isManaged = false, isMadeOfCurrent = false }: UpdateOptions = {},
  ): Promise<KubeObject> {
    const { info, name } = context;
    return retried(async (isLast) => {
      const { stored, current } = await this.#objects
        .live(context)
        .catch(context.dryRun ? rethrown : refuseUpdateUnread);
      const wanted = make(current);
      const pinned = pinnedVersion(wanted);
      if (pinned === 0 && strategyFor(info).needsVersion) throw unversioned(info, name);
      if (pinned !== 0 && pinned !== Number(current.metadata.resourceVersion)) throw conflict(info, name);
      const managed = isManaged
        ? wanted
        : withManagedFields(current, wanted, context, timestampOf(this.#options.now()));
      return {
        result: this.#replace(managed, current, stored, context),
        mayRetry: (pinned === 0 || isMadeOfCurrent) && !isLast,
      };
    });
  }

  /** The same for kinds whose update makes the object when there is none, which `mayCreate` may refuse. */
  async replace(
    body: DecodedBody,
    context: WriteContext,
    mayCreate: () => Promise<void>,
  ): Promise<{ readonly object: KubeObject; readonly created: boolean }> {
    const { info, name } = context;
    if (!isMadeByUpdate(info) || this.#objects.there(context, name) !== undefined)
      return { object: await this.updateFrom(body, context), created: false };
    const decoded = decodeObject(body, context);
    tellReceived(decoded, body, context);
    const { uid, resourceVersion, ...others } = decoded.metadata;
    // A dry run shows what was sent: it is the store that takes the version away.
    const metadata = context.dryRun && resourceVersion !== undefined ? { ...others, resourceVersion } : others;
    if (!(body.value["metadata"] as KubeObject["metadata"] | undefined)?.name) throw unnamed(name);
    if (uid) throw failedPrecondition(info, { ...decoded, metadata: { ...metadata, uid: "" } }, uid);
    await mayCreate();
    return {
      object: await this.#create(this.#received({ ...decoded, metadata }, context), context),
      created: true,
    };
  }

  /** The body of an update, decoded against the object that is there. */
  updateFrom(body: DecodedBody, context: WriteContext): Promise<KubeObject> {
    const decoded = decodeObject(body, context);
    tellReceived(decoded, body, context);
    const { uid } = decoded.metadata;
    if (!(body.value["metadata"] as KubeObject["metadata"] | undefined)?.name) throw unnamed(context.name);
    return this.update((current) => {
      if (uid && uid !== current.metadata.uid) throw failedPrecondition(context.info, current, uid);
      return this.#defaulted(decoded);
    }, context);
  }

  /** `type` is the patch's content type. */
  patch(patch: unknown, type: string, context: WriteContext): Promise<KubeObject> {
    const isStrategic = type === "application/strategic-merge-patch+json";
    return this.update(
      (current) => {
        const before = outgoing(current, context.info);
        const patched = applyPatch(before, patch, type, context.info);
        const decode = (value: DecodedBody["value"], source: "document" | "map") =>
          decodeObject({ value, strictErrors: [] }, context, source);
        const shown = () =>
          isStrategic ? mergedPatchText(before, patch, context.info) : patchedText(before, patch, context.info);
        const decoded = isStrategic
          ? decodePatched(shown, () => decode(patched, "map"))
          : decodePatchedText(patched, shown, context.info, (value) => {
              checkVersioned(value, context);
              return decode(value, "document");
            });
        checkIdentity(patched as KubeObject, current, context);
        return this.#defaulted(decoded);
      },
      context,
      { isMadeOfCurrent: true },
    );
  }

  /**
   * Server-side apply: creates the object when there is none, which `mayCreate` may refuse. Throws `Conflict` when others own what
   * would change, unless forced.
   */
  async apply(
    configuration: DecodedBody["value"],
    force: boolean,
    context: WriteContext,
    mayCreate: () => Promise<void>,
  ): Promise<{ readonly object: KubeObject; readonly created: boolean }> {
    const make = (current: KubeObject | undefined) => {
      const time = timestampOf(this.#options.now());
      const { value, managed } = appliedTo(current, configuration, force, context, time);
      const decoded = decodeApplied(configuration, context, () =>
        decodeObject({ value, strictErrors: [] }, context, "map"),
      );
      if (current !== undefined) checkIdentity(value as KubeObject, current, context);
      const object = managedBy(this.#defaulted(decoded), managed);
      return withVersion(object, object.metadata.resourceVersion ?? current?.metadata.resourceVersion);
    };
    const isMade = context.subresource === "" || isMadeByUpdate(context.info);
    const isThere = this.#objects.there(context, context.name) !== undefined;
    // Of these alone, what is wrong with a configuration is told before there is nothing to apply it to.
    if (!isThere && context.info.resource === "validatingadmissionpolicies") make(undefined);
    if (isThere || !isMade)
      return { object: await this.update(make, context, { isManaged: true, isMadeOfCurrent: true }), created: false };
    const { metadata, ...made } = make(undefined);
    const { resourceVersion: _, ...unversioned } = metadata;
    const object = { ...made, metadata: unversioned } as KubeObject;
    await mayCreate();
    return { object: await this.#create(object, context), created: true };
  }

  /** `as` says how admission is asked: not at all, or of an object that is one of a collection, and has no name. */
  async delete(
    options: DeleteOptions,
    context: WriteContext,
    as: "object" | "item" | "unasked" = "object",
  ): Promise<{ readonly object: KubeObject; readonly gone: boolean }> {
    return retried(async (isLast) => {
      const { current } = await this.#objects.live(context);
      checkPreconditions(options, current, context);
      const mayRetry = options.preconditions?.resourceVersion === undefined && !isLast;
      return { result: this.#deleteOne(current, options, context, as), mayRetry };
    });
  }

  /**
   * Writes the object as it is, past admission: for the server's own controllers. `manager` is whose the changed fields are; when
   * absent, nobody keeps account of them.
   */
  async writeDirect(
    object: KubeObject | undefined,
    current: KubeObject | undefined,
    info: ResourceInfo,
    namespace: string,
    name: string,
    manager?: string,
  ): Promise<boolean> {
    const expected = Number(current?.metadata.resourceVersion ?? 0);
    if (object !== undefined && current !== undefined && manager !== undefined) await this.prepare([current], info);
    const managed = object && managedDirectly(current, object, info, manager, timestampOf(this.#options.now()));
    const stored = managed && (await this.#objects.inStorage(managed, info));
    return this.#objects.writeAt(stored, expected, { info, namespace, name });
  }

  /** The object as it is now. */
  current(context: WriteContext, name: string): KubeObject | undefined {
    return this.#objects.current(context, name);
  }

  /** KEP-3926: takes away what cannot be read, and asks nobody, since there is nothing to show. Throws for what can be read. */
  deleteUnread(options: DeleteOptions, context: WriteContext): Promise<void> {
    return this.#objects.deleteUnread(options, context);
  }

  /** A new object as it is admitted: without what only the server says, with defaults. */
  #received(decoded: KubeObject, context: WriteContext): KubeObject {
    const {
      uid: _uid,
      creationTimestamp: _created,
      deletionTimestamp: _deleted,
      deletionGracePeriodSeconds: _grace,
      ...metadata
    } = decoded.metadata;
    const object = withDistinctOwners(this.#defaulted({ ...decoded, metadata }), context.warn, "sent");
    return withManagedFields(undefined, object, context, timestampOf(this.#options.now()));
  }

  #defaulted(decoded: KubeObject): KubeObject {
    return applyDefaults(decoded, timestampOf(this.#options.now()));
  }

  #prepareCreate(admitted: KubeObject, { info, user, namespace: asked }: WriteContext): KubeObject {
    const { namespace, ...metadata } = admitted.metadata;
    if (info.namespaced && namespace && namespace !== asked) throw elsewhere();
    const { generateName: base, name } = metadata;
    const { prepareCreate, namesByBase } = strategyFor(info);
    const nameFrom = (given: string) => (namesByBase ? given : generateName(given, this.#options.randomBytes));
    const generated = !name && base ? { name: nameFrom(base) } : {};
    const placed = info.namespaced ? { namespace: asked } : {};
    const named = { ...admitted, metadata: { ...metadata, ...placed, ...generated } };
    return prepareCreate?.(named, this.#options.cache.reader, user) ?? named;
  }

  #finishCreate(object: KubeObject, context: WriteContext): KubeObject {
    const { info } = context;
    const { hasGeneration, startsUncounted, complete } = strategyFor(info);
    const identified: KubeObject = {
      ...object,
      metadata: {
        ...withoutEnd(object.metadata),
        uid: randomUUID(),
        creationTimestamp: timestampOf(this.#options.now()),
        ...(hasGeneration && !startsUncounted ? { generation: 1 } : {}),
      },
    };
    const finished = this.#addressed(complete?.(identified, context.warn) ?? identified, undefined, context);
    const errors = this.#errorsOf(finished, undefined, context);
    if (errors.length > 0) throw invalidStatus(reportedKind(finished, info), finished.metadata.name ?? "", errors);
    for (const warning of warned(finished, undefined, info)) context.warn(warning);
    return finished;
  }

  #errorsOf(object: KubeObject, current: KubeObject | undefined, context: WriteContext): readonly FieldError[] {
    const unlabelled = adminAccessFaults(object, current, context, this.#options.cache.reader);
    return [...unlabelled, ...errorsOf(object, current, context, this.#options.onRules)];
  }

  /** Services get their addresses when mutation is done, so that nothing is taken by what is refused. */
  #addressed(object: KubeObject, old: KubeObject | undefined, { info, subresource, dryRun }: WriteContext): KubeObject {
    if (info.group !== "" || info.resource !== "services" || subresource !== "") return object;
    return this.#addresses.allocate(object, old, this.#options.cache.reader, dryRun);
  }

  async #replace(
    wanted: KubeObject,
    current: KubeObject,
    stored: KubeObject,
    context: WriteContext,
  ): Promise<KubeObject> {
    try {
      return await this.#replaceOnce(wanted, current, stored, context);
    } finally {
      this.#addresses.settled(current);
    }
  }

  async #replaceOnce(
    wanted: KubeObject,
    current: KubeObject,
    stored: KubeObject,
    context: WriteContext,
  ): Promise<KubeObject> {
    const { of: shown = itself, into = itself } = context.seen ?? {};
    let taken = wanted;
    let isMutated = false;
    const asked = shown(wanted);
    await this.admit("UPDATE", asked, shown(current), context, async (each) => {
      isMutated = each !== asked;
      const now = timestampOf(this.#options.now());
      const whole = withDistinctOwners(into(each, wanted), context.warn, "admitted");
      checkUnmoved(whole, current, context);
      const prepared = preparedUpdate(whole, current, stored, context, now);
      const finished = withVersion(this.#addressed(prepared, current, context), current.metadata.resourceVersion);
      taken = finished;
      await this.#options.guard?.(finished, current, context);
      const errors = this.#errorsOf(finished, current, context);
      if (errors.length > 0) throw invalidStatus(reportedKind(finished, context.info), context.name, errors);
      const { subresource } = context;
      const warnings = subresource === "" ? warned(finished, current, context.info) : [];
      for (const each of subresource === "status" ? statusWarningsOf(finished) : warnings) context.warn(each);
      return shown(finished);
    });
    const object = asStored(taken, context.info, isMutated);
    if (context.dryRun) return object;
    const next = await this.#objects.inStorage(object, context.info);
    const isNothing = next.apiVersion === stored.apiVersion && isSame(next, stored);
    if (isNothing && !this.#objects.isStale(context)) return current;
    if (isReleased(object, current)) {
      await this.#objects.remove(object, current, context);
      return object;
    }
    return this.#objects.write(object, next, Number(current.metadata.resourceVersion), context);
  }

  async #deleteOne(
    current: KubeObject,
    options: DeleteOptions,
    context: WriteContext,
    as: "object" | "item" | "unasked",
  ): Promise<{ readonly object: KubeObject; readonly gone: boolean }> {
    // kube-apiserver asks only where one is deleted by its name.
    if (as !== "item") checkDeletable(current, context);
    const isDry = context.dryRun || options.dryRun?.includes("All") === true;
    const grace = gracePeriod(current, options);
    if (isEnding(current, options, grace)) return { object: current, gone: false };
    const ask = async (object: KubeObject): Promise<void> => {
      const isItem = as === "item";
      const asked = isItem ? options : optionsAsked(options, current, grace);
      const name = isItem ? "" : context.name;
      if (as !== "unasked")
        await this.admit("DELETE", null, object, { ...context, name, dryRun: isDry, options: { ...asked } });
    };
    await ask(current);
    const doomed = marked(current, options, this.#options.now(), grace);
    if (!isHeld(doomed) && !isOnlyMarked(current) && grace === 0) {
      const last = current.kind === "Pod" ? doomed : current;
      if (isDry) return { object: last, gone: true };
      // What is given time to end is marked first and taken away then: kube-apiserver asks of both.
      if (last === doomed) await ask(doomed);
      return { object: await this.#objects.remove(last, current, context), gone: true };
    }
    if (isDry || isSame(doomed, current)) return { object: doomed, gone: false };
    const next = await this.#objects.inStorage(doomed, context.info);
    return {
      object: await this.#objects.write(doomed, next, Number(current.metadata.resourceVersion), context),
      gone: false,
    };
  }

  /** Asks admission of a write; `validate` is called between its phases, and answers the object to go on with. Throws the refusal. */
  async admit(
    operation: Operation,
    object: KubeObject | null,
    oldObject: KubeObject | null,
    context: WriteContext,
    validate: (object: KubeObject) => Promise<KubeObject> = async (each) => each,
  ): Promise<KubeObject> {
    const request = admissionRequest(operation, object, oldObject, context);
    const decision = await this.#options.admit(request, (each) => (each === null ? null : validate(each)));
    return admitted(decision, context);
  }
}

/** Nothing is made that is about to go. */
function withoutEnd(metadata: KubeObject["metadata"]): KubeObject["metadata"] {
  if (metadata.deletionTimestamp === undefined) return metadata;
  const { deletionTimestamp: _, ...rest } = metadata;
  return rest;
}

interface UpdateOptions {
  /** The new object has the entries of those who manage its fields. */
  readonly isManaged?: boolean;
  /** It has the version that it was made of, and may be made of a newer one. */
  readonly isMadeOfCurrent?: boolean;
}

function itself(object: KubeObject): KubeObject {
  return object;
}

/** What an update changes, which is known of the stored version; the others may keep fields elsewhere. */
function preparedUpdate(
  wanted: KubeObject,
  current: KubeObject,
  stored: KubeObject,
  context: WriteContext,
  now: string,
): KubeObject {
  const { info } = context;
  if (info.custom !== undefined || wanted.apiVersion === stored.apiVersion)
    return prepareUpdate(wanted, current, context, now);
  return outgoing(prepareUpdate(inStorageVersion(wanted, info), stored, context, now), info);
}

/** As the log has it: with defaults, and not yet with the namespace of the URL. */
function tellReceived(decoded: KubeObject, { value }: DecodedBody, { received }: WriteContext): void {
  received?.(decoded, () => {
    const { namespace, ...metadata } = decoded.metadata;
    const isSaid = Boolean((value["metadata"] as KubeObject["metadata"] | undefined)?.namespace);
    return applyDefaults({ ...decoded, metadata: isSaid && namespace ? { ...metadata, namespace } : metadata });
  });
}

function rethrown(error: unknown): never {
  throw error;
}

function refuseUpdateUnread(error: unknown): never {
  throw error instanceof UnreadableError ? unreadableForUpdate(error) : error;
}
