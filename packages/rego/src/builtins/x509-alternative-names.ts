import type { Value } from "../value/value.ts";
import { BuiltinError } from "./builtin.ts";
import { asciiText, DerReader, derTag } from "./der.ts";
import { goQuote } from "./go-quote.ts";
import { addressText } from "./net.ts";
import { parseUri, textOf, type Uri } from "./uri.ts";
import { isIa5, listJson } from "./x509-names.ts";

/** Subject alternative names (RFC 5280 section 4.2.1.6), kind by kind. */
export interface AlternativeNames {
  readonly dnsNames: readonly string[];
  readonly emails: readonly string[];
  /** Of 4 or 16 bytes. */
  readonly addresses: readonly Uint8Array[];
  readonly uris: readonly Uri[];
}

export const noNames: AlternativeNames = { dnsNames: [], emails: [], addresses: [], uris: [] };

export function parseAlternativeNames(value: Uint8Array): AlternativeNames {
  const reader = new DerReader(value).inside(derTag.sequence, "x509: invalid subject alternative names");
  const [dnsNames, emails, addresses, uris]: [string[], string[], Uint8Array[], Uri[]] = [[], [], [], []];
  while (!reader.isEmpty) {
    const { tag, content } = reader.any("x509: invalid subject alternative name");
    if (tag === 0x81) emails.push(ia5Name(content, "rfc822Name"));
    else if (tag === 0x82) dnsNames.push(ia5Name(content, "dNSName"));
    else if (tag === 0x86) uris.push(uriName(ia5Name(content, "uniformResourceIdentifier")));
    else if (tag === 0x87) addresses.push(addressName(content));
  }
  return { dnsNames, emails, addresses, uris };
}

function ia5Name(content: Uint8Array, kind: string): string {
  const text = asciiText(content);
  if (!isIa5(text)) throw new BuiltinError(`x509: SAN ${kind} is malformed`);
  return text;
}

function uriName(text: string): Uri {
  const uri = parsed(text);
  if (!isDomainName(uri.host)) throw new BuiltinError(`x509: cannot parse URI ${goQuote(text)}: invalid domain`);
  return uri;
}

function parsed(text: string): Uri {
  try {
    return parseUri(text);
  } catch (error) {
    if (error instanceof BuiltinError)
      throw new BuiltinError(`x509: cannot parse URI ${goQuote(text)}: ${error.message}`);
    throw error;
  }
}

function addressName(content: Uint8Array): Uint8Array {
  if (content.length === 4 || content.length === 16) return content;
  throw new BuiltinError(`x509: cannot parse IP address of length ${content.length}`);
}

/** No more than Go asks: printable characters and no empty label. A constraint may start with a dot. */
export function isDomainName(text: string, isConstraint = false): boolean {
  if (text === "") return true;
  const name = isConstraint ? text.replace(/^\./, "") : text;
  return /^[!-~]+$/.test(name) && name.split(".").every((label) => label !== "");
}

export function addressJson(address: Uint8Array): string {
  const isMapped = address.length === 16 && address.subarray(0, 12).join() === "0,0,0,0,0,0,0,0,0,0,255,255";
  const bytes = isMapped ? address.subarray(12) : address;
  const value = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return addressText(bytes.length === 4 ? 32 : 128, value);
}

/** The fields that certificates and requests share. */
export function alternativeNamesJson({ dnsNames, emails, addresses, uris }: AlternativeNames): {
  [field: string]: Value;
} {
  return {
    DNSNames: listJson(dnsNames),
    EmailAddresses: listJson(emails),
    IPAddresses: listJson(addresses.map(addressJson)),
    URIs: listJson(uris.map(uriJson)),
  };
}

/** As `encoding/json` writes Go's url.URL; a user's fields are private to it. */
function uriJson(uri: Uri): Value {
  return {
    Scheme: textOf(uri.scheme),
    Opaque: textOf(uri.opaque),
    User: uri.user === undefined ? null : {},
    Host: textOf(uri.host),
    Path: textOf(uri.path),
    RawPath: textOf(uri.isPathPlain ? "" : uri.rawPath),
    OmitHost: uri.omitHost,
    ForceQuery: uri.forceQuery,
    RawQuery: textOf(uri.query),
    Fragment: textOf(uri.fragment),
    RawFragment: textOf(uri.rawFragment),
  };
}
