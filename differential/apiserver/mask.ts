import type { Answer } from "./api-client.ts";

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
/** Names made of a prefix that `options.ts` has. */
const generated = /\bUPPER[b-z2-9]{5}\b/g;
/** The same of names that end so, and look like nothing else. */
const generatedName = /^(n\w+-)[bcdfghjklmnpqrstvwxz2456789]{5}$/;
/** The names of several objects of one run, wherever they stand. */
const generatedNames = /\b(n\w+-\d-)[bcdfghjklmnpqrstvwxz2456789]{5}\b/g;
const tokenVolume = /kube-api-access-[a-z0-9]{5}/g;
const timestamp = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g;
/** Times as Go prints them. */
const goTime = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? \+0000 UTC(?: m=\+[\d.]+)?/g;
/** The server's own count of writes, where a text tells it. */
const revision =
  /(resource version:|ResourceVersion in record|ResourceVersion in the precondition|ResourceVersion in (?:precondition|object meta):|current:) \(?\d+\)?/g;
const quotedRevision = /(\\?"resourceVersion\\?": ?\\?")\d+/g;
/** Where a list goes on, in YAML. */
const yamlContinue = /^( +continue: )\S+$/gm;
const yamlRevision = /(resourceVersion: ")\d+/g;
/** Where the server says that it is: kube-apiserver tells an address of the machine, whatever it listens on. */
const ownAddress = /(?:https:\/\/)?\b\d+\.\d+\.\d+\.\d+:\d{4,5}\b/g;
/** Documents are known by the hash of what each server's own schema says. */
const documentHash = /(?<=hash=)[0-9A-F]{128}/g;
/** The two servers write one after the other. */
const age = /^\d{1,2}s$/;
/** Addresses and ports of services are drawn at random, also from the range that a sample adds. */
const clusterIp = /\b10\.(?:0|77)\.0\.\d+\b/g;
/** The same in refusals. */
const drawnIp = /\\?"10\.0\.0\.\d+\\?"( is invalid: spec\.parentRef|: expected an )/g;
/** The same in JSON within a text. */
const innerIp = /(clusterIPs?\\*":\[?\\*")10\.0\.0\.\d+/g;
const innerPort = /(odePort\\*":)3[0-2]\d{3}/g;
/** The same in YAML. */
const yamlIp = /(clusterIP: |^ +- )10\.(?:0|77)\.0\.\d+$/gm;
const yamlPort = /(odePort: )3[0-2]\d{3}$/gm;
const nodePort = /\b3[0-2]\d{3}\b/g;

/** Tokens in JSON. */
const jsonToken = /\beyJ[\w-]+\.eyJ[\w-]+\.[\w-]*/g;

/** Fields that are each server's own affair, by name. */
const own: ReadonlySet<string> = new Set([
  "uid",
  "resourceVersion",
  "creationTimestamp",
  "deletionTimestamp",
  "time",
  "continue",
]);

/** Fields with a port of the range from which ports are drawn. */
const drawnPorts: ReadonlySet<string> = new Set(["nodePort", "healthCheckNodePort"]);

/** Behind it lie the ports at which the two servers listen, as their own Services tell. */
const lastNodePort = 32_767;
/** The one that ours tells where it was told none. */
const usualPort = 6443;

/** Texts in which addresses and ports of services stand among others. */
const withDrawn: ReadonlySet<string> = new Set(["clusterIP", "cells"]);

/** Headers that are each server's own affair: that they are there is compared. */
const ownHeaders: ReadonlySet<string> = new Set([
  "audit-id",
  "etag",
  "last-modified",
  "x-kubernetes-pf-flowschema-uid",
  "x-kubernetes-pf-prioritylevel-uid",
]);

/** An answer without names of chance and times. */
export function masked({ code, headers, warnings, body, writing = "" }: Answer): Answer {
  const shown = Object.entries(headers).map(([name, value]) => [name, ownHeaders.has(name) ? "(own)" : value]);
  return {
    code,
    headers: Object.fromEntries(shown),
    warnings: warnings.map((each) => maskText(each)).sort(),
    body: maskValue(body, ""),
    // Tables' descriptions have escapes, too.
    writing: isTable(body) ? "" : writing,
  };
}

function isTable(body: unknown): boolean {
  return (body as { readonly kind?: unknown } | null)?.kind === "Table";
}

function maskValue(value: unknown, key: string): unknown {
  if (key === "name" && typeof value === "string") return maskText(value).replace(generatedName, "$1(generated)");
  if (own.has(key) && value !== null && value !== undefined) return "(own)";
  if (typeof value === "string") return maskText(value, key);
  if (typeof value === "number" && key === "targetPort" && (value > lastNodePort || value === usualPort))
    return "(own)";
  if (typeof value === "number" && drawnPorts.has(key)) return maskText(String(value), "port");
  if (key === "protobuf" || key === "protobufEvents") return maskWire(value);
  if (Array.isArray(value)) {
    const items = value.map((each) =>
      maskValue(each, key === "clusterIPs" ? "clusterIP" : key === "cells" ? "cells" : ""),
    );
    if (key === "managedFields") return items.toSorted((a, b) => (managerOf(a) < managerOf(b) ? -1 : 1));
    return key === "causes" || key.endsWith("Rules") ? items.map((each) => JSON.stringify(each)).sort() : items;
  }
  if (typeof value !== "object" || value === null) return value;
  // Tables tell the fields' descriptions, of which we keep none.
  const shown = "columnDefinitions" in value ? withoutDescriptions(value) : isStatus(value) ? inKeyOrder(value) : value;
  return Object.fromEntries(Object.entries(shown).map(([name, item]) => [name, maskValue(item, name)]));
}

/** Fields of one manager stand in the order of the seconds in which they were written, then of versions. */
function managerOf(entry: unknown): string {
  const { operation, manager, apiVersion, subresource } = (entry ?? {}) as { readonly [field: string]: unknown };
  return JSON.stringify([operation, manager, apiVersion, subresource]);
}

interface Refusal {
  readonly message: string;
  readonly details: { readonly causes: readonly { readonly field?: string; readonly message?: string }[] };
}

function isStatus(value: object): value is Refusal {
  const { kind, details } = value as { readonly kind?: unknown; readonly details?: { readonly causes?: unknown } };
  return kind === "Status" && Array.isArray(details?.causes);
}

/** Go walks through a map in any order: faults of neighbouring keys of one map are told sorted. */
function inKeyOrder(status: Refusal): Refusal {
  const lines = status.details.causes.map(({ field = "", message = "" }) => ({ field, text: `${field}: ${message}` }));
  const told = lines.map(({ text }) => text).join(", ");
  if (lines.length < 2 || !status.message.endsWith(`[${told}]`)) return status;
  const groups: (typeof lines)[] = [];
  for (const line of lines) {
    const last = groups.at(-1);
    const map = mapOf(line.field);
    if (last?.[0] !== undefined && map !== undefined && mapOf(last[0].field) === map) last.push(line);
    else groups.push([line]);
  }
  const sorted = groups.flatMap((group) => group.map(({ text }) => text).toSorted());
  return { ...status, message: `${status.message.slice(0, -told.length - 1)}${sorted.join(", ")}]` };
}

/** Fields of which the whole map is told, or each key as if it were a field. */
const wholeMaps =
  /^(.*(?:[lL]abels|annotations|nodeSelector|selector)|(?:.*\.)?(?:attributes|capacity|counters)|.*resources\.(?:limits|requests)|status\.(?:capacity|allocatable)\..*|status\.allocatedResource\w+|spec\.metrics\[\d+\]\.(?:object|external|pods|resource|containerResource))$/;

/** The map in which a field lies, as a path without keys; undefined for a field of none. */
function mapOf(field: string): string | undefined {
  const keyless = field.replace(/\[(?!\d+\])[^\]]*\]/g, "[]");
  if (keyless === field && !field.endsWith("[]") && !wholeMaps.test(field)) return undefined;
  return keyless
    .replace(/(resources\.)(?:limits|requests)(?:\[\])?$/, "$1[]")
    .replace(/^(status\.allocatedResource\w+)(?:\[\])?$/, "$1[]")
    .replace(/^(spec\.metrics\[\d+\])\.\w+$/, "$1[]")
    .replace(/^binaryData\[/, "data[")
    .replace(/^(status\.(?:capacity|allocatable))\..*$/, "$1[]");
}

function withoutDescriptions(table: { readonly columnDefinitions?: unknown }): object {
  const { columnDefinitions } = table;
  if (!Array.isArray(columnDefinitions)) return table;
  return { ...table, columnDefinitions: columnDefinitions.map((each: object) => ({ ...each, description: "" })) };
}

function withoutYamlDescriptions(text: string): string {
  if (!/^columnDefinitions:$/m.test(text)) return text;
  return text
    .replace(/(- description: )[\s\S]*?(?=\n {2}format:)/g, "$1(own)")
    .replace(/^( +- )\d{1,2}s$/gm, "$1(age)");
}

/** Versions and times of chance among the fields of a message, which do not say what they are. */
function maskWire(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => maskWire(each));
  if (typeof value !== "string") return value;
  if (/^10\.(?:0|77)\.0\.\d+$/.test(value)) return "(clusterIP)";
  if (/^\d{2,8}$/.test(value)) return "(number)";
  if (/^eyJ2Ijoib[\w-]+$/.test(value)) return "(continue)";
  return /^1[789]\d{8}$|^\d{9}$/.test(value) ? "(seconds)" : maskText(value);
}

/** What a token says, without its signature, and with how long it is good. */
function tokenText(token: string): string {
  try {
    const [header, claims] = token
      .split(".")
      .slice(0, 2)
      .map(
        (part) => JSON.parse(Buffer.from(part, "base64url").toString("utf8")) as { readonly [name: string]: unknown },
      );
    const { exp, iat, nbf, jti: _, ...rest } = claims ?? {};
    const life = [Number(exp) - Number(iat), Number(nbf) - Number(iat)];
    // Each server signs with a key of its own.
    const { alg: _alg, kid: _kid, ...others } = header ?? {};
    return JSON.stringify([others, { ...rest, life, ...("warnafter" in rest ? { warnafter: "(own)" } : {}) }]);
  } catch {
    return token;
  }
}

function maskText(text: string, key = ""): string {
  if (key === "port") return text.replace(nodePort, "(nodePort)");
  if (key === "cells" && age.test(text)) return "(age)";
  const plain = withDrawn.has(key)
    ? text.replaceAll(clusterIp, "(clusterIP)").replaceAll(/(?<=:)3[0-2]\d{3}(?=\/)/g, "(nodePort)")
    : text;
  return withoutYamlDescriptions(plain.replaceAll(jsonToken, tokenText))
    .replaceAll(generated, "UPPER(own)")
    .replaceAll(generatedNames, "$1(generated)")
    .replaceAll(yamlIp, "$1(clusterIP)")
    .replaceAll(yamlPort, "$1(nodePort)")
    .replaceAll(innerIp, "$1(clusterIP)")
    .replaceAll(innerPort, "$1(nodePort)")
    .replaceAll(drawnIp, '"(clusterIP)"$1')
    .replaceAll(tokenVolume, "kube-api-access-(own)")
    .replaceAll(uuid, "(uuid)")
    .replaceAll(revision, "$1 (own)")
    .replaceAll(quotedRevision, "$1(own)")
    .replaceAll(yamlRevision, "$1(own)")
    .replaceAll(yamlContinue, "$1(own)")
    .replaceAll(ownAddress, "(address)")
    .replaceAll(documentHash, "(hash)")
    .replaceAll(goTime, "(time)")
    .replaceAll(timestamp, "(time)");
}
