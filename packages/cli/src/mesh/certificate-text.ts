import type { CertificateDescription, FileDescription } from "@sallyport/mesh/identity";

/** For people; each certificate in a few lines, its faults last. */
export function certificateText({ certificates, chain }: FileDescription): string {
  return [
    ...certificates.flatMap((each, place) => [...(place === 0 ? [] : [""]), ...linesOf(each)]),
    ...chainLines(chain),
    "",
  ].join("\n");
}

/** Whether it breaks a rule, or does not lead to a root. */
export function hasFault({ certificates, chain }: FileDescription): boolean {
  return certificates.some(({ faults }) => faults.length > 0) || (chain !== undefined && "fault" in chain);
}

function linesOf(certificate: CertificateDescription): readonly string[] {
  const { kind, uris, dns, subject, issuer, serialNumber, key, notBefore, notAfter, faults } = certificate;
  const rows: readonly (readonly [string, string])[] = [
    [kind, uris.map(printable).join(", ") || "no ID"],
    ["DNS names", dns.map(printable).join(", ")],
    ["subject", printable(subject)],
    ["signed by", printable(issuer)],
    ["serial", serialNumber],
    ["key", key],
    ["in force", `${timeText(notBefore)} to ${timeText(notAfter)}`],
  ];
  return [
    ...rows.filter(([, value]) => value !== "").map(([name, value]) => `${name.padEnd(10)} ${value}`),
    ...faults.map(({ rule, message }) => `${"broken".padEnd(10)} ${rule}: ${printable(message)}`),
    ...(faults.length === 0 ? [`${"rules".padEnd(10)} none is broken`] : []),
  ];
}

function chainLines(chain: FileDescription["chain"]): readonly string[] {
  if (chain === undefined) return [];
  return ["", "fault" in chain ? `not trusted: it ${printable(chain.fault.message)}` : `trusted as ${chain.id}`];
}

function timeText(ms: number): string {
  return new Date(ms).toISOString().replace(".000Z", "Z");
}

/** Who wrote the certificate writes nothing else into a terminal. */
function printable(text: string): string {
  return /^[\x20-\x7e]*$/.test(text)
    ? text
    : JSON.stringify(text).replace(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
