import type { SecretStore } from "../secret-store.ts";
import { decode } from "./decoding.ts";
import {
  type DataFrom,
  type ExternalSecret,
  ExternalSecretError,
  type Find,
  type RemoteRef,
  type SecretData,
  type StoreRef,
} from "./external-secret.ts";
import { propertiesOf, propertyOf } from "./property.ts";
import { compiled, rewriteKeys } from "./rewrite.ts";
import { checkKeys, convertKeys } from "./secret-keys.ts";

/** A store by what refers to it. Rejects with `ExternalSecretError` where there is none. */
export type Stores = (ref: StoreRef) => Promise<SecretStore>;

/** So many secrets of a `find` are read at a time: stores count what they are asked. */
const atOnce = 4;

/**
 * What an ExternalSecret has its stores asked for: `dataFrom` in its order, over it `data`. What a store says is not there is left out where
 * the deletion policy takes that for an answer, else it is a fault. Rejects with `ExternalSecretError` and what stores reject with.
 */
export async function providerDataOf({ spec }: ExternalSecret, stores: Stores): Promise<SecretData> {
  const data = new Map<string, Uint8Array>();
  const takesAbsence = (spec.target?.deletionPolicy ?? "Retain") !== "Retain";
  const storeOf = (own: StoreRef | undefined) => {
    const ref = own ?? spec.secretStoreRef;
    if (ref?.name === undefined) throw new ExternalSecretError("secretStoreRef: needed, or a storeRef of its own");
    return stores(ref);
  };
  for (const [i, from] of (spec.dataFrom ?? []).entries()) {
    const found = await at(`spec.dataFrom[${i}]`, async () =>
      readFrom(from, await storeOf(from.sourceRef?.storeRef), takesAbsence),
    );
    for (const [key, value] of found) data.set(key, value);
  }
  for (const [i, { secretKey, remoteRef, sourceRef }] of (spec.data ?? []).entries()) {
    const value = await at(`spec.data[${i}]`, async () =>
      readOne(remoteRef, await storeOf(sourceRef?.storeRef), takesAbsence),
    );
    if (value !== undefined) data.set(secretKey, value);
  }
  return data;
}

/** Faults of what is asked for are told by its field. */
async function at<Answer>(field: string, ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ExternalSecretError) throw new ExternalSecretError(`${field}: ${error.message}`);
    throw error;
  }
}

async function readOne(ref: RemoteRef, store: SecretStore, takesAbsence: boolean): Promise<Uint8Array | undefined> {
  const value = await readRef(ref, store, takesAbsence);
  if (value === undefined) return undefined;
  return decode(ref.property ? propertyOf(value, ref.property) : value, ref.decodingStrategy);
}

async function readRef(ref: RemoteRef, store: SecretStore, takesAbsence: boolean): Promise<Uint8Array | undefined> {
  if (ref.metadataPolicy === "Fetch") throw new ExternalSecretError("metadataPolicy Fetch is not supported");
  const found = await store.read(ref.key, ref.version || undefined);
  if (found === undefined && !takesAbsence)
    throw new ExternalSecretError(
      `the store has no secret ${ref.key}${ref.version ? ` of version ${ref.version}` : ""}`,
    );
  return found?.value;
}

async function readFrom(
  { extract, find, rewrite = [], sourceRef }: DataFrom,
  store: SecretStore,
  takesAbsence: boolean,
): Promise<SecretData> {
  if (sourceRef?.generatorRef !== undefined) throw new ExternalSecretError("generators are not supported");
  const how = extract ?? find;
  if (how === undefined) throw new ExternalSecretError("extract or find: one is needed");
  const found =
    extract === undefined ? await findAll(find as Find, store) : await extractAll(extract, store, takesAbsence);
  const data = rewrite.length > 0 ? rewriteKeys(found, rewrite) : convertKeys(found, how.conversionStrategy);
  checkKeys(data);
  return new Map([...data].map(([key, value]) => [key, decode(value, how.decodingStrategy)]));
}

async function extractAll(ref: RemoteRef, store: SecretStore, takesAbsence: boolean): Promise<SecretData> {
  const value = await readRef(ref, store, takesAbsence);
  return value === undefined ? new Map() : propertiesOf(value, ref.property);
}

async function findAll({ path = "", name, tags }: Find, store: SecretStore): Promise<SecretData> {
  if (tags !== undefined) throw new ExternalSecretError("find.tags is not supported; find.name and find.path are");
  const pattern = name?.regexp === undefined ? undefined : compiled(name.regexp);
  const keys = (await store.list(path)).filter((key) => pattern === undefined || pattern.matcher(key).find());
  const data = new Map<string, Uint8Array>();
  for (let i = 0; i < keys.length; i += atOnce) {
    const read = keys.slice(i, i + atOnce).map(async (key) => [key, await store.read(key, undefined)] as const);
    for (const [key, found] of await Promise.all(read)) if (found !== undefined) data.set(key, found.value);
  }
  return data;
}
