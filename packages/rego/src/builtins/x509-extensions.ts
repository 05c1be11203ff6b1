import { BuiltinError } from "./builtin.ts";
import { contextTag, DerReader, derTag, oidText } from "./der.ts";
import { type AlternativeNames, noNames, parseAlternativeNames } from "./x509-alternative-names.ts";
import { type NameConstraints, noSubtrees, parseNameConstraints } from "./x509-name-constraints.ts";

export interface Extension {
  /** Dotted. */
  readonly id: string;
  readonly critical: boolean;
  readonly value: Uint8Array;
}

/** What the known extensions of a certificate say (RFC 5280 section 4.2); empty or undefined without them. */
export interface Extensions {
  /** Bit i is the i-th named bit; 0 without the extension. */
  readonly keyUsage: number;
  readonly basicConstraints: { readonly isCa: boolean; readonly maxPathLength: number } | undefined;
  readonly names: AlternativeNames;
  readonly constraints: NameConstraints & { readonly critical: boolean };
  readonly crlDistributionPoints: readonly string[];
  readonly authorityKeyId: Uint8Array | undefined;
  readonly subjectKeyId: Uint8Array | undefined;
  readonly requireExplicitPolicy: number | undefined;
  readonly inhibitPolicyMapping: number | undefined;
  readonly inhibitAnyPolicy: number | undefined;
  /** Undefined without the extension. */
  readonly policies: readonly string[] | undefined;
  readonly policyMappings: readonly { readonly issuer: string; readonly subject: string }[];
  readonly extendedKeyUsages: readonly string[];
  readonly ocspServers: readonly string[];
  readonly issuerUrls: readonly string[];
  /** Critical extensions that nothing here understands. */
  readonly unhandledCritical: readonly string[];
}

type Draft = { -readonly [field in keyof Extensions]: Extensions[field] };

export function readExtension(reader: DerReader): Extension {
  const id = reader.objectIdentifier("x509: malformed extension OID field");
  const fault = "x509: malformed extension critical field";
  const critical = reader.isNext(derTag.boolean) && reader.boolean(fault);
  return { id, critical, value: reader.content(derTag.octetString, "x509: malformed extension value field") };
}

/** Throws `BuiltinError` in Go's words. */
export function parseExtensions(extensions: readonly Extension[]): Extensions {
  const draft: Draft = {
    keyUsage: 0,
    basicConstraints: undefined,
    names: noNames,
    constraints: { permitted: noSubtrees, excluded: noSubtrees, isUnhandled: false, critical: false },
    crlDistributionPoints: [],
    authorityKeyId: undefined,
    subjectKeyId: undefined,
    requireExplicitPolicy: undefined,
    inhibitPolicyMapping: undefined,
    inhibitAnyPolicy: undefined,
    policies: undefined,
    policyMappings: [],
    extendedKeyUsages: [],
    ocspServers: [],
    issuerUrls: [],
    unhandledCritical: [],
  };
  const unhandled = extensions.filter((extension) => {
    const isHandled = handlers[extension.id]?.(draft, extension) ?? false;
    return extension.critical && !isHandled;
  });
  draft.unhandledCritical = unhandled.map(({ id }) => id);
  return draft;
}

/** Reads an extension into a draft; false when it says something that is not understood. */
type Handler = (draft: Draft, extension: Extension) => boolean;

const subjectKeyIdOid = "2.5.29.14";
export const alternativeNameOid = "2.5.29.17";
export const nameConstraintsOid = "2.5.29.30";

const handlers: { readonly [oid: string]: Handler } = {
  [subjectKeyIdOid]: (draft, { critical, value }) => {
    refuseCritical(critical, "subject key identifier");
    draft.subjectKeyId = new DerReader(value).content(derTag.octetString, "x509: invalid subject key identifier");
    return true;
  },
  "2.5.29.15": (draft, { value }) => {
    const { bytes, unusedBits } = new DerReader(value).bitString("x509: invalid key usage");
    const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");
    const named = [...bits.slice(0, bits.length - unusedBits)].slice(0, 9);
    draft.keyUsage = named.reduce((sum, bit, i) => sum + (bit === "1" ? 2 ** i : 0), 0);
    return true;
  },
  [alternativeNameOid]: (draft, { value }) => {
    draft.names = parseAlternativeNames(value);
    return Object.values(draft.names).some((names: readonly unknown[]) => names.length > 0);
  },
  "2.5.29.19": (draft, { value }) => {
    draft.basicConstraints = parseBasicConstraints(value);
    return true;
  },
  [nameConstraintsOid]: (draft, { critical, value }) => {
    draft.constraints = { ...parseNameConstraints(value), critical };
    return !draft.constraints.isUnhandled;
  },
  "2.5.29.31": (draft, { value }) => {
    draft.crlDistributionPoints = parseDistributionPoints(value);
    return true;
  },
  "2.5.29.32": (draft, { value }) => {
    draft.policies = parsePolicies(value);
    return true;
  },
  "2.5.29.33": (draft, { value }) => {
    draft.policyMappings = parsePolicyMappings(value);
    return true;
  },
  "2.5.29.35": (draft, { critical, value }) => {
    refuseCritical(critical, "authority key identifier");
    const fault = "x509: invalid authority key identifier";
    const reader = new DerReader(value).inside(derTag.sequence, fault);
    if (reader.isNext(contextTag(0))) draft.authorityKeyId = reader.content(contextTag(0), fault);
    return true;
  },
  "2.5.29.36": (draft, { value }) => {
    const fault = "x509: invalid policy constraints extension";
    const reader = new DerReader(value).inside(derTag.sequence, fault);
    const [explicit, inhibit] = [contextTag(0), contextTag(1)];
    if (reader.isNext(explicit)) draft.requireExplicitPolicy = reader.int64(fault, explicit);
    if (reader.isNext(inhibit)) draft.inhibitPolicyMapping = reader.int64(fault, inhibit);
    return true;
  },
  "2.5.29.37": (draft, { value }) => {
    const fault = "x509: invalid extended key usages";
    draft.extendedKeyUsages = itemsOf(value, fault, (reader) => reader.objectIdentifier(fault));
    return true;
  },
  "2.5.29.54": (draft, { value }) => {
    draft.inhibitAnyPolicy = new DerReader(value).int64("x509: invalid inhibit any policy extension");
    return true;
  },
  "1.3.6.1.5.5.7.1.1": (draft, { critical, value }) => {
    refuseCritical(critical, "authority info access");
    const access = parseAuthorityAccess(value);
    draft.ocspServers = access.filter(({ method }) => method === "1.3.6.1.5.5.7.48.1").map(({ uri }) => uri);
    draft.issuerUrls = access.filter(({ method }) => method === "1.3.6.1.5.5.7.48.2").map(({ uri }) => uri);
    return true;
  },
};

function refuseCritical(critical: boolean, what: string): void {
  if (critical) throw new BuiltinError(`x509: ${what} incorrectly marked critical`);
}

/** All values inside of a SEQUENCE. */
function itemsOf<T>(value: Uint8Array, fault: string, read: (reader: DerReader) => T): readonly T[] {
  const reader = new DerReader(value).inside(derTag.sequence, fault);
  const items: T[] = [];
  while (!reader.isEmpty) items.push(read(reader));
  return items;
}

function parseBasicConstraints(value: Uint8Array): Extensions["basicConstraints"] {
  const fault = "x509: invalid basic constraints";
  const reader = new DerReader(value).inside(derTag.sequence, fault);
  const isCa = reader.isNext(derTag.boolean) && reader.boolean(fault);
  if (!reader.isNext(derTag.integer)) return { isCa, maxPathLength: -1 };
  const maxPathLength = reader.int64(fault);
  if (maxPathLength < 0) throw new BuiltinError(fault);
  return { isCa, maxPathLength };
}

const uriTag = contextTag(6);

/** URIs should be ASCII; what is not even UTF-8 becomes U+FFFD. */
function lenientText(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

/** The URIs of full names; other ways to name a point are passed over. */
function parseDistributionPoints(value: Uint8Array): readonly string[] {
  const fault = "x509: invalid CRL distribution point";
  const points = itemsOf(value, `${fault}s`, (reader) => reader.inside(derTag.sequence, fault));
  return points.flatMap((point) => {
    const full = point.optional(contextTag(0, true), fault)?.inside(contextTag(0, true), fault);
    const uris: string[] = [];
    while (full?.isNext(uriTag) === true) uris.push(lenientText(full.content(uriTag, fault)));
    return uris;
  });
}

function parsePolicies(value: Uint8Array): readonly string[] {
  const fault = "x509: invalid certificate policies";
  const policies = itemsOf(value, fault, (reader) => {
    const oid = oidText(reader.inside(derTag.sequence, fault).content(derTag.objectIdentifier, fault));
    if (oid === undefined) throw new BuiltinError(fault);
    return oid;
  });
  if (new Set(policies).size < policies.length) throw new BuiltinError(fault);
  return policies;
}

function parsePolicyMappings(value: Uint8Array): Extensions["policyMappings"] {
  const fault = "x509: invalid policy mappings extension";
  return itemsOf(value, fault, (reader) => {
    const pair = reader.inside(derTag.sequence, fault);
    const [issuer, subject] = [
      pair.content(derTag.objectIdentifier, fault),
      pair.content(derTag.objectIdentifier, fault),
    ];
    return { issuer: oidText(issuer) ?? "", subject: oidText(subject) ?? "" };
  });
}

/** Only what is named by a URI. */
function parseAuthorityAccess(value: Uint8Array): readonly { readonly method: string; readonly uri: string }[] {
  const fault = "x509: invalid authority info access";
  const entries = itemsOf(value, fault, (reader) => {
    const entry = reader.inside(derTag.sequence, fault);
    const method = entry.objectIdentifier(fault);
    return entry.isNext(uriTag) ? [{ method, uri: lenientText(entry.content(uriTag, fault)) }] : [];
  });
  return entries.flat();
}
