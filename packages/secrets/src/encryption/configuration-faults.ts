import { type FieldError, goQuoted, invalid, required } from "@sallyport/kube";
import type {
  EncryptionConfiguration,
  EncryptionKey,
  KmsConfiguration,
  ProviderConfiguration,
} from "./configuration.ts";
import { parseResource } from "./rules.ts";

/** What AES takes, and what NaCl's secretbox does. */
const keySizes = { aesgcm: [16, 24, 32], aescbc: [16, 24, 32], secretbox: [32] };

/**
 * All that is wrong with a configuration, in kube-apiserver's words and order (its `ValidateEncryptionConfiguration`). With `reload`, the
 * file may change while the server runs, and names of KMS v1 have to be unique too.
 */
export function configurationFaults(configuration: EncryptionConfiguration, reload: boolean): readonly FieldError[] {
  const { resources } = configuration;
  if (resources.length === 0) return [atLeastOne("resources")];
  const names = new Set<string>();
  return resources.flatMap((each, i) => {
    const path = `resources[${i}]`;
    const missing = each.resources.length === 0 ? [atLeastOne(`${path}.resources`)] : [];
    const none = each.providers.length === 0 ? [atLeastOne(`${path}.providers`)] : [];
    return [
      ...missing,
      ...overlapFaults(each.resources, `${path}.resources`),
      ...each.resources.flatMap((name, j) => resourceFaults(name, `${path}.resources[${j}]`)),
      ...none,
      ...each.providers.flatMap((provider, j) => providerFaults(provider, `${path}.providers[${j}]`, names, reload)),
    ];
  });
}

function atLeastOne(field: string): FieldError {
  return required(field, `at least one ${field} is required`);
}

function overlapFaults(resources: readonly string[], path: string): readonly FieldError[] {
  const parsed = resources.map(parseResource);
  const isSame = (a: number, b: number) =>
    parsed[a]?.group === parsed[b]?.group && parsed[a]?.resource === parsed[b]?.resource;
  let [isDuplicate, isOverlap] = [false, false];
  for (const [i, a] of parsed.entries())
    for (const [j, b] of parsed.entries()) {
      if (i === j) continue;
      if (isSame(i, j) && !isDuplicate) isDuplicate = true;
      else if (a.group === "*" && a.resource === "*") isOverlap = true;
      else if (a.group === b.group && (a.resource === "*" || b.resource === "*")) isOverlap = true;
    }
  return [
    ...(isDuplicate ? [invalid(path, resources, "the same resource cannot be specified multiple times")] : []),
    ...(isOverlap
      ? [
          invalid(
            path,
            resources,
            "using overlapping resources such as 'secrets' and '*.' in the same resource list is not allowed as they will be masked",
          ),
        ]
      : []),
  ];
}

/** What a server allocates for itself has no API. */
const withoutApi = new Set(["apiserveripinfo", "serviceipallocations", "servicenodeportallocations"]);

function resourceFaults(name: string, path: string): readonly FieldError[] {
  const why = resourceFault(name);
  return why === undefined ? [] : [invalid(path, name, why)];
}

function resourceFault(name: string): string | undefined {
  if (name.toLowerCase() !== name) return "resource name should not contain capital letters";
  if (name === "*") return "use '*.' to encrypt all the resources from core API group or *.* to encrypt all resources";
  if (withoutApi.has(name)) return "resources which do not have REST API/s cannot be encrypted";
  const { group, resource } = parseResource(name);
  if (group === "events.k8s.io")
    return "'*.events.k8s.io' objects are stored using the 'events' API group in etcd. Use 'events' instead in the config file";
  if (group === "extensions") return "'extensions' group has been removed and cannot be used for encryption";
  if (group === "*" && resource !== "*") return "encrypting the same resource across groups is not supported";
  return undefined;
}

function providerFaults(
  provider: ProviderConfiguration,
  path: string,
  names: Set<string>,
  reload: boolean,
): readonly FieldError[] {
  const given = (["kms", "aesgcm", "aescbc", "secretbox", "identity"] as const).filter(
    (each) => provider[each] !== undefined,
  );
  const [kind] = given;
  const count =
    kind === undefined
      ? [
          withoutSecrets(
            path,
            provider,
            "provider does not contain any of the expected providers: KMS, AESGCM, AESCBC, Secretbox, Identity",
          ),
        ]
      : given.length > 1
        ? [
            withoutSecrets(
              path,
              provider,
              "more than one provider specified in a single element, should split into different list elements",
            ),
          ]
        : [];
  if (provider.kms !== undefined) {
    const faults = kmsFaults(provider.kms, `${path}.kms`, names, reload);
    names.add(provider.kms.name);
    return [...count, ...faults];
  }
  if (kind === undefined || kind === "identity" || kind === "kms") return count;
  return [...count, ...keysFaults(provider[kind] ?? [], `${path}.${kind}.keys`, keySizes[kind])];
}

/** kube-apiserver prints the whole provider, keys and all; we name what is there. */
function withoutSecrets(path: string, provider: ProviderConfiguration, detail: string): FieldError {
  return invalid(path, Object.keys(provider).sort(), detail);
}

function keysFaults(keys: readonly EncryptionKey[], path: string, sizes: readonly number[]): readonly FieldError[] {
  if (keys.length === 0) return [required(path, "at least one keys is required")];
  return keys.flatMap((key, i) => keyFaults(key, `${path}[${i}]`, sizes));
}

function keyFaults({ name, secret }: EncryptionKey, path: string, sizes: readonly number[]): readonly FieldError[] {
  const unnamed = name === "" ? [required(`${path}.name`, "name is a mandatory field for a key")] : [];
  if (secret === "") return [...unnamed, required(`${path}.secret`, "secret is a mandatory field for a key")];
  const size = bytesOf(secret)?.length;
  if (size === undefined) return [...unnamed, invalid(`${path}.secret`, "REDACTED", "secrets must be base64 encoded")];
  if (sizes.includes(size)) return unnamed;
  const detail = `secret is not of the expected length, got ${size}, expected one of [${sizes.join(" ")}]`;
  return [...unnamed, invalid(`${path}.secret`, "REDACTED", detail)];
}

/** The bytes of standard base64 with its padding, line breaks left out, as Go decodes it; undefined where it is none. */
export function bytesOf(secret: string): Uint8Array | undefined {
  const text = secret.replace(/[\r\n]/g, "");
  const isBase64 = text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
  return isBase64 ? Buffer.from(text, "base64") : undefined;
}

function kmsFaults(
  kms: KmsConfiguration,
  path: string,
  names: ReadonlySet<string>,
  reload: boolean,
): readonly FieldError[] {
  const { apiVersion, name, cachesize, timeoutMs, timeout } = kms;
  const isV1 = apiVersion === "v1";
  const faults: FieldError[] = [];
  const add = (field: string, value: unknown, detail: string) =>
    faults.push(invalid(`${path}.${field}`, value, detail));
  if (name === "") faults.push(required(`${path}.name`, "name is a mandatory field for a provider"));
  if (!isV1 && name.includes(":")) add("name", name, `invalid KMS provider name ${name}, must not contain ':'`);
  if ((reload || !isV1) && names.has(name))
    add("name", name, `duplicate KMS provider name ${name}, names must be unique`);
  if (timeoutMs <= 0) add("timeout", timeout, "timeout should be a positive value");
  const endpoint = endpointFault(kms.endpoint);
  if (endpoint !== undefined) add("endpoint", kms.endpoint, endpoint);
  if (!isV1 && cachesize !== undefined) add("cachesize", cachesize, "cachesize is not supported in v2");
  if (isV1 && cachesize === 0)
    add("cachesize", cachesize, "cachesize should be a positive value, or negative to disable");
  if (!isV1 && apiVersion !== "v2")
    add("apiVersion", apiVersion, "unsupported apiVersion apiVersion for KMS provider, only v1 and v2 are supported");
  return faults;
}

function endpointFault(endpoint: string): string | undefined {
  if (endpoint === "") return "endpoint is a mandatory field for a kms";
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(endpoint)?.[1]?.toLowerCase();
  const fault = urlFault(endpoint, scheme);
  if (fault !== undefined) return `invalid endpoint for kms provider, error: parse ${goQuoted(endpoint)}: ${fault}`;
  return scheme === "unix"
    ? undefined
    : `unsupported scheme "${scheme ?? ""}" for KMS provider, only unix is supported`;
}

/** What Go's `url.Parse` refuses, in its words. */
function urlFault(text: string, scheme: string | undefined): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: just those are refused
  if (/[\u0000-\u001f\u007f]/.test(text)) return "net/url: invalid control character in URL";
  if (text.startsWith(":")) return "missing protocol scheme";
  const rest = (scheme === undefined ? text : text.slice(scheme.length + 1)).replace(/[?#].*/s, "");
  if (scheme === undefined && /^[^/]*:/.test(rest)) return "first path segment in URL cannot contain colon";
  const escaped = /%(?![0-9a-fA-F]{2}).{0,2}/s.exec(rest)?.[0];
  if (escaped !== undefined) return `invalid URL escape ${goQuoted(escaped)}`;
  const port = /^\/\/[^/]*?(:[^/:]*)(?:\/|$)/.exec(rest)?.[1];
  return port === undefined || /^:\d*$/.test(port) ? undefined : `invalid port ${goQuoted(port)} after host`;
}
