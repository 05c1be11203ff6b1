import { parseAddress } from "./net.ts";
import { textOf } from "./uri.ts";
import { isDomainName } from "./x509-alternative-names.ts";
import type { Certificate } from "./x509-certificate.ts";
import { alternativeNameOid, nameConstraintsOid } from "./x509-extensions.ts";
import { type Mailbox, parseMailbox } from "./x509-mailbox.ts";
import type { AddressRange, Subtrees } from "./x509-name-constraints.ts";

/** Whether the names of each certificate keep to the name constraints of those above it (RFC 5280 section 4.2.1.10). */
export function keepsConstraints(chain: readonly Certificate[]): boolean {
  return chain.every((certificate, i) => {
    const above = chain.slice(i + 1).filter((each) => hasExtension(each, nameConstraintsOid));
    if (above.length === 0 || !hasExtension(certificate, alternativeNameOid)) return true;
    const names = comparableNames(certificate);
    return names !== undefined && above.every(({ known }) => keeps(names, known.constraints));
  });
}

function hasExtension({ extensions }: Certificate, oid: string): boolean {
  return extensions.some(({ id }) => id === oid);
}

interface Names {
  readonly domains: readonly string[];
  readonly uriHosts: readonly string[];
  readonly mailboxes: readonly Mailbox[];
  readonly addresses: readonly Uint8Array[];
}

/** Undefined when a name cannot be compared with constraints, such as a URI without a host. */
function comparableNames({ known: { names } }: Certificate): Names | undefined {
  const uriHosts = names.uris.map(({ host }) => domainOfHost(textOf(host)));
  const mailboxes = names.emails.map(parseMailbox);
  if (uriHosts.includes(undefined) || mailboxes.includes(undefined)) return undefined;
  const domains = [...names.dnsNames, ...uriHosts, ...mailboxes.map((each) => each?.domain)] as string[];
  if (!domains.every((domain) => isDomainName(domain))) return undefined;
  return {
    domains: names.dnsNames,
    uriHosts: uriHosts as string[],
    mailboxes: mailboxes as Mailbox[],
    addresses: names.addresses,
  };
}

function domainOfHost(written: string): string | undefined {
  const host = written.toLowerCase();
  if (host === "" || (host.startsWith("[") && host.endsWith("]"))) return undefined;
  const [name = "", ...ports] = host.split(":");
  if (ports.length > 1 || parseAddress(name) !== undefined) return undefined;
  return name;
}

function keeps(names: Names, { permitted, excluded }: { permitted: Subtrees; excluded: Subtrees }): boolean {
  const { domains, uriHosts, mailboxes, addresses } = names;
  return (
    domains.every((each) => isAllowed(each, permitted.dns, excluded.dns, isWithin, overlaps)) &&
    uriHosts.every((each) => isAllowed(each, permitted.uris, excluded.uris, isWithin, overlaps)) &&
    mailboxes.every((each) => isAllowed(each, permitted.emails, excluded.emails, isMailIn, isMailIn)) &&
    addresses.every((each) => isAllowed(each, permitted.ranges, excluded.ranges, isInRange, isInRange))
  );
}

/** Inside one permitted subtree, when there are any, and outside of all excluded ones. */
function isAllowed<Name, Tree>(
  name: Name,
  permitted: readonly Tree[],
  excluded: readonly Tree[],
  isInPermitted: (name: Name, tree: Tree) => boolean,
  isInExcluded: (name: Name, tree: Tree) => boolean,
): boolean {
  const isPermitted = permitted.length === 0 || permitted.some((tree) => isInPermitted(name, tree));
  return isPermitted && !excluded.some((tree) => isInExcluded(name, tree));
}

/** `example.com` holds itself and all below it; `.example.com` only what is below; an empty one everything. */
function isWithin(name: string, domain: string): boolean {
  const [inner, outer] = [name.toLowerCase(), domain.toLowerCase()];
  if (outer === "" || inner === outer) return true;
  return inner.endsWith(outer.startsWith(".") ? outer : `.${outer}`);
}

/** The wildcard `*.example.com` also stands for the excluded `a.example.com`. */
function overlaps(name: string, domain: string): boolean {
  if (isWithin(name, domain)) return true;
  const parent = /^\*(\..*)$/s.exec(name.toLowerCase())?.[1];
  return parent !== undefined && domain.toLowerCase().replace(/^[^.]*/, "") === parent;
}

function isMailIn({ local, domain }: Mailbox, tree: string): boolean {
  if (!tree.includes("@")) return isWithin(domain, tree);
  const mailbox = parseMailbox(tree);
  return mailbox?.local === local && mailbox.domain.toLowerCase() === domain.toLowerCase();
}

function isInRange(address: Uint8Array, range: AddressRange): boolean {
  if (address.length !== range.address.length) return false;
  return address.every((byte, i) => ((byte ^ (range.address[i] as number)) & (range.mask[i] as number)) === 0);
}
