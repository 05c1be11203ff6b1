import { applySchemaDefaults, conformMetadata, parseApiVersion, prune, validateBySchema } from "@sallyport/kube";
import {
  checkTarget,
  desiredSecret,
  type ExternalSecret,
  externalSecretsGroup,
  externalSecretsSchema,
  loadTemplates,
  providerDataOf,
  type SecretObject,
  SourceError,
  StoreCatalogue,
  type StoreContext,
  type StoreCredentials,
  type StoreObject,
  servedVersions,
  storeFaultOf,
} from "@sallyport/secrets/stores";
import { InputError, type Manifest } from "../../manifests.ts";
import { openNamespace } from "./namespace-secrets.ts";

export interface RenderOptions {
  /** Of objects that name none. */
  readonly namespace: string;
  readonly fileRoot: string | undefined;
  readonly timeoutMs: number;
  readonly environment: StoreContext["environment"];
}

/** What was written, in the line where it begins. */
interface Placed<T> {
  readonly place: string;
  readonly object: T;
}

type Labelled = { readonly metadata: { readonly name: string; readonly labels?: { readonly [name: string]: string } } };

/**
 * The Secrets that a controller would make of the ExternalSecrets among manifests, by the stores, and with the credentials, among them. Rejects
 * with `InputError` for what is wrong with one, without any value.
 */
export async function renderExternalSecrets(
  manifests: readonly Manifest[],
  options: RenderOptions,
): Promise<readonly SecretObject[]> {
  const objects = manifests.map((each) => placed(each, options.namespace));
  const externals = objects.filter(isKind("ExternalSecret"));
  if (externals.length === 0) throw new InputError("no ExternalSecret among the manifests");
  const catalogue = catalogueOf(objects, options);
  try {
    const secrets: SecretObject[] = [];
    for (const { place, object } of externals)
      secrets.push(...(await rendered(place, object as unknown as ExternalSecret, catalogue, objects)));
    return secrets;
  } finally {
    catalogue.close();
  }
}

async function rendered(
  place: string,
  external: ExternalSecret,
  catalogue: StoreCatalogue,
  objects: readonly Placed<Written>[],
): Promise<readonly SecretObject[]> {
  try {
    checkTarget(external);
    const data = await providerDataOf(external, catalogue.storesFor(external.metadata.namespace));
    if (external.spec.target?.creationPolicy === "None") return [];
    const { namespace } = external.metadata;
    const loaded = await loadTemplates(external, async (kind, name) => writtenTexts(objects, kind, namespace, name));
    return [desiredSecret(external, data, loaded)];
  } catch (error) {
    throw new InputError(`${place}: ExternalSecret ${external.metadata.name}: ${storeFaultOf(error as Error)}`);
  }
}

type Written = { readonly kind: string; readonly metadata: { readonly name: string; readonly namespace?: string } } & {
  readonly [field: string]: unknown;
};

function isKind(kind: string): (each: Placed<Written>) => boolean {
  return ({ object }) => object.kind === kind;
}

/** As an API server would take it: with defaults, and nothing that the definition does not know. */
function placed({ file, line, value }: Manifest, namespace: string): Placed<Written> {
  const place = `${file}:${line}`;
  const { group, version } = parseApiVersion(String(value["apiVersion"]));
  const kind = String(value["kind"]);
  const schema = group === externalSecretsGroup ? externalSecretsSchema(kind) : undefined;
  if (group === externalSecretsGroup && (schema === undefined || !servedVersions.includes(version)))
    throw new InputError(
      `${place}: ${value["apiVersion"]} ${kind}: expected ExternalSecret, SecretStore or ClusterSecretStore of v1`,
    );
  const metadata = value["metadata"] as Written["metadata"] | undefined;
  if (typeof metadata?.name !== "string") throw new InputError(`${place}: the ${kind} has no metadata.name`);
  const home =
    kind === "ClusterSecretStore" || kind === "Namespace" ? {} : { namespace: metadata.namespace ?? namespace };
  const object = { ...value, kind, metadata: { ...metadata, ...home } };
  if (schema === undefined) return { place, object };
  const { unknown } = prune(object, schema, true);
  if (unknown.length > 0) throw new InputError(`${place}: unknown field ${unknown[0]}`);
  const [fault] = validateBySchema(object, schema, "");
  if (fault !== undefined) throw new InputError(`${place}: ${fault.field}: ${fault.message}`);
  try {
    conformMetadata(object, schema, { group, version, kind } as never);
  } catch (error) {
    throw new InputError(`${place}: ${(error as Error).message}`);
  }
  return { place, object: applySchemaDefaults(object, schema) as Written };
}

function catalogueOf(objects: readonly Placed<Written>[], options: RenderOptions): StoreCatalogue {
  const catalogue = new StoreCatalogue({
    controllerClass: "default",
    contextOf: ({ metadata }, asking) => ({
      environment: options.environment,
      timeoutMs: options.timeoutMs,
      now: Date.now,
      credentials: writtenCredentials(objects, { own: metadata.namespace, asking }),
      files:
        options.fileRoot === undefined
          ? undefined
          : { folder: options.fileRoot, ...(metadata.namespace !== undefined && { namespace: metadata.namespace }) },
      // Whoever renders is who asks.
      lendsOwn: true,
      openNamespace: (server) =>
        server.url === undefined
          ? Promise.reject(new SourceError("spec.provider.kubernetes.server.url: needed where there is no cluster"))
          : openNamespace(undefined, server),
    }),
    namespaceLabels: async (name) => {
      const found = objects.filter(isKind("Namespace")).find(({ object }) => object.metadata.name === name);
      return (found?.object as Labelled | undefined)?.metadata.labels ?? {};
    },
    sleep: (ms) => new Promise((done) => setTimeout(done, ms)),
    now: Date.now,
  });
  for (const { object } of objects)
    if (object.kind === "SecretStore" || object.kind === "ClusterSecretStore")
      catalogue.see(object as unknown as StoreObject);
  return catalogue;
}

/** Secrets and ConfigMaps that are written beside the stores. */
function writtenCredentials(
  objects: readonly Placed<Written>[],
  { own, asking }: { readonly own: string | undefined; readonly asking: string },
): StoreCredentials {
  const find = (kind: string, name: string, namespace: string, key: string): string => {
    const value = writtenTexts(objects, kind, namespace, name)?.[key];
    if (value) return value.replace(/\r?\n$/, "");
    throw new SourceError(`there is no ${kind} ${namespace}/${name} with a key ${key} among the manifests`);
  };
  const spaceOf = (ref: { readonly namespace?: string }) => own ?? ref.namespace ?? asking;
  const noCluster = () => Promise.reject(new SourceError("a service account has no token where there is no cluster"));
  return {
    secret: async (ref) => find("Secret", ref.name ?? "", spaceOf(ref), ref.key ?? ""),
    certificates: async (ref) => find(ref.type, ref.name, spaceOf(ref), ref.key ?? "ca.crt"),
    accountToken: noCluster,
    accountAnnotations: noCluster,
  };
}

/** The texts of a Secret or a ConfigMap that is written; nothing where there is none. */
function writtenTexts(
  objects: readonly Placed<Written>[],
  kind: string,
  namespace: string,
  name: string,
): { readonly [key: string]: string } | undefined {
  const found = objects
    .filter(isKind(kind))
    .find(({ object: { metadata } }) => metadata.name === name && metadata.namespace === namespace);
  if (found === undefined) return undefined;
  const { data = {}, stringData = {} } = found.object as {
    readonly data?: { readonly [key: string]: string };
    readonly stringData?: { readonly [key: string]: string };
  };
  const pairs = Object.entries(data).map(([key, value]) => [
    key,
    kind === "Secret" ? Buffer.from(value, "base64").toString("utf8") : value,
  ]);
  return { ...Object.fromEntries(pairs), ...stringData };
}
