import { isDeepStrictEqual } from "node:util";
import type { OwnerReference } from "@sallyport/kube";
import { RemoteError } from "../../remote/remote.ts";
import { SourceError } from "../../source-error.ts";
import {
  checkTarget,
  desiredSecret,
  hashAnnotation,
  hashOf,
  managedLabel,
  type SecretObject,
} from "./desired-secret.ts";
import { type ExternalSecret, ExternalSecretError, type SecretData } from "./external-secret.ts";
import { providerDataOf, type Stores } from "./provider-data.ts";
import { intervalMsOf } from "./schedule.ts";
import { loadTemplates, type TemplateSource } from "./template-from.ts";

/** Secrets of the cluster that is written to, each by the manager that is named. An update rejects when somebody has changed the Secret since it was read. */
export interface SecretWriter {
  readonly get: (namespace: string, name: string) => Promise<SecretObject | undefined>;
  readonly create: (secret: SecretObject, manager: string) => Promise<void>;
  readonly update: (secret: SecretObject, manager: string) => Promise<void>;
  readonly remove: (secret: SecretObject) => Promise<void>;
  /** Templates that lie in the namespace. */
  readonly templates: (namespace: string) => TemplateSource;
}

/** The condition Ready of an ExternalSecret, and the event that tells what was done. Nothing in it is secret. */
export interface Outcome {
  readonly isReady: boolean;
  /** As External Secrets names it. */
  readonly reason: "SecretSynced" | "SecretSyncedError" | "SecretDeleted" | "SecretMissing";
  readonly message: string;
  readonly done?: "Created" | "Updated" | "Deleted";
}

const apiVersion = "external-secrets.io/v1";

/** Makes the Secret what the ExternalSecret says, once. Never rejects: what failed is in the outcome, without any value. */
export async function reconcile(external: ExternalSecret, stores: Stores, secrets: SecretWriter): Promise<Outcome> {
  let what = "could not get secret data from provider";
  try {
    checkTarget(external);
    intervalMsOf(external);
    const data = await providerDataOf(external, stores);
    what = "could not update secret";
    return await written(external, data, secrets);
  } catch (error) {
    return { isReady: false, reason: "SecretSyncedError", message: `${what}: ${faultOf(error as Error)}` };
  }
}

/** Words that are made to be shown; those of others' libraries may hold anything. */
export function faultOf(error: Error): string {
  const isOurs = [ExternalSecretError, RemoteError, SourceError].some((each) => error instanceof each);
  // What an API server refuses it tells without values of Secrets.
  return isOurs || error.name === "StatusError" || error.name === "ConnectionError"
    ? error.message
    : "a fault of the program";
}

/** The name of the Secret that an ExternalSecret makes. */
export function targetOf({ metadata, spec }: ExternalSecret): string {
  return spec.target?.name || metadata.name;
}

async function written(external: ExternalSecret, data: SecretData, secrets: SecretWriter): Promise<Outcome> {
  const { creationPolicy = "Owner", deletionPolicy = "Retain" } = external.spec.target ?? {};
  if (creationPolicy === "None") return synced(undefined);
  const name = targetOf(external);
  const { namespace } = external.metadata;
  const found = await secrets.get(namespace, name);
  if (data.size === 0 && deletionPolicy === "Delete") return deleted(external, found, secrets);
  if (data.size === 0 && deletionPolicy === "Retain")
    return { isReady: true, reason: "SecretSynced", message: "secret retained due to DeletionPolicy=Retain" };
  const wanted = desiredSecret(external, data, await loadTemplates(external, secrets.templates(namespace)));
  if (found?.immutable === true) return immutable(found, wanted);
  if (creationPolicy === "Merge") return merged(external, found, wanted, secrets);
  const owner = found?.metadata.ownerReferences?.find((each) => each.controller === true);
  if (creationPolicy === "Owner" && owner !== undefined && owner.uid !== external.metadata.uid)
    throw new ExternalSecretError(`Secret ${name} belongs to ${owner.kind} ${owner.name}`);
  const owned = creationPolicy === "Owner" ? withOwner(wanted, found, external) : wanted;
  if (found === undefined) {
    await secrets.create(owned, managerOf(external));
    return synced("Created");
  }
  if (found.type !== undefined && found.type !== owned.type)
    throw new ExternalSecretError(`Secret ${name} is of type ${found.type}, which cannot become ${owned.type}`);
  return synced(await updated(external, found, owned, secrets));
}

function synced(done: "Created" | "Updated" | undefined): Outcome {
  return { isReady: true, reason: "SecretSynced", message: "secret synced", ...(done !== undefined && { done }) };
}

/** Its data stay for ever: that the store has others now must be told. */
function immutable(found: SecretObject, wanted: SecretObject): Outcome {
  if (hashOf(found.data) === hashOf(wanted.data)) return synced(undefined);
  throw new ExternalSecretError("target is immutable, and the stores have other values now");
}

async function deleted(
  external: ExternalSecret,
  found: SecretObject | undefined,
  secrets: SecretWriter,
): Promise<Outcome> {
  const [[label, value] = ["", ""]] = Object.entries(managedLabel);
  const isOurs =
    found?.metadata.ownerReferences?.some(({ uid }) => uid === external.metadata.uid) === true ||
    found?.metadata.labels?.[label] === value;
  if (found !== undefined && !isOurs)
    throw new ExternalSecretError(
      `Secret ${found.metadata.name} was not made by an ExternalSecret, and is not deleted`,
    );
  const told = {
    isReady: true,
    reason: "SecretDeleted",
    message: "secret deleted due to DeletionPolicy=Delete",
  } as const;
  if (found === undefined) return told;
  await secrets.remove(found);
  return { ...told, done: "Deleted" };
}

/** As External Secrets has it: of several that write into one Secret each knows its keys. */
function managerOf({ metadata: { name } }: ExternalSecret): string {
  return `externalsecrets.external-secrets.io/${name}`;
}

/** The keys of its data that a manager has written, and nobody else since. */
function keysOf({ metadata }: SecretObject, manager: string): ReadonlySet<string> {
  const fields = (metadata.managedFields ?? []).filter((each) => each.manager === manager);
  const names = fields.flatMap(({ fieldsV1 }) => Object.keys(fieldsV1?.["f:data"] ?? {}));
  return new Set(names.filter((each) => each.startsWith("f:")).map((each) => each.slice(2)));
}

/** Somebody else's Secret: its other keys, and all else of it, stay. */
async function merged(
  external: ExternalSecret,
  found: SecretObject | undefined,
  wanted: SecretObject,
  secrets: SecretWriter,
): Promise<Outcome> {
  if (found === undefined) {
    const message = "secret will not be created due to CreationPolicy=Merge";
    return { isReady: true, reason: "SecretMissing", message };
  }
  const ours = keysOf(found, managerOf(external));
  const kept = Object.entries(found.data ?? {}).filter(([key]) => !ours.has(key));
  const next = { ...found, data: { ...Object.fromEntries(kept), ...wanted.data } };
  return synced(await updated(external, found, next, secrets));
}

function withOwner(wanted: SecretObject, found: SecretObject | undefined, { metadata }: ExternalSecret): SecretObject {
  const others = (found?.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== metadata.uid);
  const own: OwnerReference = {
    apiVersion,
    kind: "ExternalSecret",
    name: metadata.name,
    uid: metadata.uid ?? "",
    controller: true,
    blockOwnerDeletion: true,
  };
  return { ...wanted, metadata: { ...wanted.metadata, ownerReferences: [...others, own] } };
}

/** Labels and annotations of others stay; what is as it should be is not written again. */
async function updated(
  external: ExternalSecret,
  found: SecretObject,
  wanted: SecretObject,
  secrets: SecretWriter,
): Promise<"Updated" | undefined> {
  const labels = { ...found.metadata.labels, ...wanted.metadata.labels };
  const annotations = { ...found.metadata.annotations, ...wanted.metadata.annotations };
  const metadata = {
    ...found.metadata,
    ...wanted.metadata,
    ...(Object.keys(labels).length > 0 && { labels }),
    ...(Object.keys(annotations).length > 0 && { annotations }),
  };
  const next = { ...found, ...wanted, metadata };
  if (isDeepStrictEqual(next, found)) return undefined;
  await secrets.update(next, managerOf(external));
  return "Updated";
}

/** Whether a Secret that was made whole is as it was made: nobody has changed its data, or taken its mark. */
export function isUntouched({ metadata, data }: SecretObject): boolean {
  return metadata.annotations?.[hashAnnotation] === hashOf(data);
}
