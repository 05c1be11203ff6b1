/** An e-mail address of RFC 2821: the local part without quotes, the domain as written. */
export interface Mailbox {
  readonly local: string;
  readonly domain: string;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 2821 allows them between quotes
const quoted = /^"((?:[\x01-\x08\x0b\x0c\x0e-\x1f !#-[\]-\x7f]|\\[\x01-\x09\x0b\x0c\x0e-\x7f])*)"/;
const atoms = /^(?:\\[\s\S]|[\w!#$%&'*+\-/=?^`{|}~.])+/;

/** Undefined when it is none. */
export function parseMailbox(text: string): Mailbox | undefined {
  const isQuoted = text.startsWith('"');
  const match = (isQuoted ? quoted : atoms).exec(text);
  if (match === null) return undefined;
  const local = (isQuoted ? (match[1] as string) : match[0]).replace(/\\([\s\S])/g, "$1");
  const isDotted = local.startsWith(".") || local.endsWith(".") || local.includes("..");
  if (!isQuoted && isDotted) return undefined;
  const rest = text.slice(match[0].length);
  const domain = rest.slice(1);
  return rest.startsWith("@") && (domain === "" || isDomain(domain)) ? { local, domain } : undefined;
}

function isDomain(text: string): boolean {
  return text.split(".").every((label) => /^[!-~]+$/.test(label));
}
