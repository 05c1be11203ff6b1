import type { Value } from "../value/value.ts";
import { BuiltinError } from "./builtin.ts";
import { asciiText, contextTag, DerReader, derTag } from "./der.ts";
import { encodeBase64 } from "./encoding.ts";
import { goQuote } from "./go-quote.ts";
import { parseAddress } from "./net.ts";
import { addressJson, isDomainName } from "./x509-alternative-names.ts";
import { parseMailbox } from "./x509-mailbox.ts";
import { isIa5, listJson } from "./x509-names.ts";

/** Addresses under a mask; both of 4 or of 16 bytes. */
export interface AddressRange {
  readonly address: Uint8Array;
  readonly mask: Uint8Array;
}

/** One side of name constraints, kind by kind. */
export interface Subtrees {
  readonly dns: readonly string[];
  readonly ranges: readonly AddressRange[];
  readonly emails: readonly string[];
  readonly uris: readonly string[];
}

/** RFC 5280 section 4.2.1.10. */
export interface NameConstraints {
  readonly permitted: Subtrees;
  readonly excluded: Subtrees;
  /** Kinds of names are constrained that are not understood. */
  readonly isUnhandled: boolean;
}

export const noSubtrees: Subtrees = { dns: [], ranges: [], emails: [], uris: [] };

const fault = "x509: invalid NameConstraints extension";

export function parseNameConstraints(value: Uint8Array): NameConstraints {
  const outer = new DerReader(value);
  const reader = outer.inside(derTag.sequence, fault);
  const permitted = reader.optional(contextTag(0, true), fault);
  const excluded = reader.optional(contextTag(1, true), fault);
  if (!outer.isEmpty || !reader.isEmpty) throw new BuiltinError(fault);
  if ((permitted?.isEmpty ?? true) && (excluded?.isEmpty ?? true))
    throw new BuiltinError("x509: empty name constraints extension");
  const [first, second] = [parseSubtrees(permitted), parseSubtrees(excluded)];
  return {
    permitted: first.subtrees,
    excluded: second.subtrees,
    isUnhandled: first.isUnhandled || second.isUnhandled,
  };
}

function parseSubtrees(reader: DerReader | undefined): { readonly subtrees: Subtrees; readonly isUnhandled: boolean } {
  const [dns, ranges, emails, uris]: [string[], AddressRange[], string[], string[]] = [[], [], [], []];
  let isUnhandled = false;
  while (reader?.isEmpty === false) {
    const { tag, content } = reader.inside(derTag.sequence, fault).any(fault);
    if (tag === contextTag(1)) emails.push(emailConstraint(ia5(content)));
    else if (tag === contextTag(2)) dns.push(domainConstraint(ia5(content), "dnsName"));
    else if (tag === contextTag(6)) uris.push(uriConstraint(ia5(content)));
    else if (tag === contextTag(7)) ranges.push(rangeConstraint(content));
    else isUnhandled = true;
  }
  return { subtrees: { dns, ranges, emails, uris }, isUnhandled };
}

function ia5(content: Uint8Array): string {
  const text = asciiText(content);
  if (!isIa5(text))
    throw new BuiltinError(`x509: invalid constraint value: x509: ${goQuote(text)} cannot be encoded as an IA5String`);
  return text;
}

function domainConstraint(text: string, kind: string): string {
  if (!isDomainName(text, true)) throw new BuiltinError(`x509: failed to parse ${kind} constraint ${goQuote(text)}`);
  return text;
}

/** With an `@` one mailbox, otherwise all of a domain. */
function emailConstraint(text: string): string {
  if (!text.includes("@")) return domainConstraint(text, "rfc822Name");
  if (parseMailbox(text) !== undefined) return text;
  throw new BuiltinError(`x509: failed to parse rfc822Name constraint ${goQuote(text)}`);
}

function uriConstraint(text: string): string {
  if (parseAddress(text) !== undefined)
    throw new BuiltinError(`x509: failed to parse URI constraint ${goQuote(text)}: cannot be IP address`);
  return domainConstraint(text, "URI");
}

function rangeConstraint(content: Uint8Array): AddressRange {
  const half = content.length / 2;
  if (half !== 4 && half !== 16)
    throw new BuiltinError(`x509: IP constraint contained value of length ${content.length}`);
  const mask = content.subarray(half);
  const bits = Array.from(mask, (byte) => byte.toString(2).padStart(8, "0")).join("");
  if (!/^1*0*$/.test(bits)) {
    const hex = Array.from(mask, (byte) => byte.toString(16).padStart(2, "0")).join("");
    throw new BuiltinError(`x509: IP constraint contained invalid mask ${hex}`);
  }
  return { address: content.subarray(0, half), mask };
}

export function subtreesJson(prefix: "Permitted" | "Excluded", { dns, ranges, emails, uris }: Subtrees): Value {
  return {
    [`${prefix}DNSDomains`]: listJson(dns),
    [`${prefix}IPRanges`]: listJson(
      ranges.map(({ address, mask }) => ({ IP: addressJson(address), Mask: encodeBase64(mask) })),
    ),
    [`${prefix}EmailAddresses`]: listJson(emails),
    [`${prefix}URIDomains`]: listJson(uris),
  };
}
