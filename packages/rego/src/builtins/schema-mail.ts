/** The characters of an atom (RFC 5322 section 3.2.3), and all that is not ASCII (RFC 6532). */
const atom = /^(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]|\P{ASCII})+$/u;
const quoted = /^"(?:[^"\\\r\n]|\\.)*"/;

/** Whether Go's `mail.ParseAddress` takes a text: an address alone, or in angle brackets after a name. */
export function isMailAddress(text: string): boolean {
  const trimmed = text.trim();
  const angle = /^(.*)<([^<>]*)>$/s.exec(trimmed);
  if (angle === null) return isAddress(trimmed);
  return isDisplayName((angle[1] as string).trim()) && isAddress((angle[2] as string).trim());
}

function isDisplayName(text: string): boolean {
  for (let rest = text; rest !== ""; ) {
    const word = quoted.exec(rest)?.[0] ?? /^[^\s"]+/.exec(rest)?.[0];
    if (word === undefined || !(word.startsWith('"') || isDotted(word))) return false;
    rest = rest.slice(word.length).trimStart();
  }
  return true;
}

function isAddress(text: string): boolean {
  const local = quoted.exec(text)?.[0] ?? text.slice(0, text.indexOf("@"));
  if (local === "" || text.charAt(local.length) !== "@") return false;
  const domain = text.slice(local.length + 1);
  return (local.startsWith('"') || isDotted(local)) && (isDotted(domain) || /^\[[^[\]\\]*\]$/.test(domain));
}

function isDotted(text: string): boolean {
  return text.split(".").every((each) => atom.test(each));
}
