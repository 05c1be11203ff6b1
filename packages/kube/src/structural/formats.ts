const label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";

/** The formats of strings that are checked; others say nothing. go-openapi's strfmt, as kube-apiserver uses it. */
const formats: { readonly [format: string]: (text: string) => boolean } = {
  "date-time": (text) =>
    /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/.test(text) && isDate(text.slice(0, 10)),
  date: (text) => /^\d{4}-\d{2}-\d{2}$/.test(text) && isDate(text),
  duration: (text) => /^\s*-?(\d+(\.\d*)?\s*[a-zA-Zµ]+\s*)+$/.test(text),
  byte: (text) => /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text),
  ipv4: (text) => isIpv4(text),
  ipv6: (text) => isIpv6(text),
  cidr: (text) => {
    const [address = "", bits = "", more] = text.split("/");
    if (more !== undefined || !/^\d{1,3}$/.test(bits)) return false;
    return (isIpv4(address) && Number(bits) <= 32) || (isIpv6(address) && Number(bits) <= 128);
  },
  mac: (text) => /^([0-9A-Fa-f]{2}([:-]))([0-9A-Fa-f]{2}\2){4}[0-9A-Fa-f]{2}$/.test(text),
  uuid: (text) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(text),
  uuid3: (text) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?3[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(text),
  uuid4: (text) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i.test(text),
  uuid5: (text) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?5[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i.test(text),
  hostname: (text) =>
    /^[A-Za-z0-9]([A-Za-z0-9-]{0,62}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,62}[A-Za-z0-9])?)*\.?$/.test(text),
  email: (text) => /^[^\s@<>()]+@[^\s@<>()]+$/.test(text),
  uri: (text) => /^([A-Za-z][A-Za-z0-9+.-]*:\S*|\/\S*)$/.test(text),
  hexcolor: (text) => /^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/.test(text),
  creditcard: (text) => /^\d{13,19}$/.test(text.replace(/[- ]/g, "")),
  isbn: (text) => /^(\d{9}[\dX]|\d{13})$/.test(text.replace(/[- ]/g, "")),
  isbn10: (text) => /^\d{9}[\dX]$/.test(text.replace(/[- ]/g, "")),
  isbn13: (text) => /^\d{13}$/.test(text.replace(/[- ]/g, "")),
  ssn: (text) => /^\d{3}[- ]?\d{2}[- ]?\d{4}$/.test(text),
  bsonobjectid: (text) => /^[0-9a-f]{24}$/i.test(text),
  rgbcolor: (text) => /^rgb\(\s*\d{1,3}\s*,\s*\d{1,3}\s*,\s*\d{1,3}\s*\)$/.test(text),
  "k8s-short-name": (text) => text.length <= 63 && new RegExp(`^${label}$`).test(text),
  "k8s-long-name": (text) => text.length <= 253 && new RegExp(`^${label}(\\.${label})*$`).test(text),
};

/** Whether there is such a format: dashes in its name do not count. */
export function isFormat(format: string): boolean {
  const plain = format.replaceAll("-", "");
  return plain === "password" || Object.keys(formats).some((each) => each.replaceAll("-", "") === plain);
}

/** Whether a text is of a format; every text is of one that nobody knows. */
export function hasFormat(text: string, format: string): boolean {
  return !Object.hasOwn(formats, format) || formats[format]?.(text) === true;
}

function isDate(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

function isIpv4(text: string): boolean {
  return /^(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,2})){3}$/.test(text) && text.split(".").every((part) => Number(part) <= 255);
}

function isIpv6(text: string): boolean {
  const [head = "", tail, more] = text.split("::");
  if (more !== undefined || !text.includes(":")) return false;
  const partsOf = (side: string) => (side === "" ? [] : side.split(":"));
  const groups = tail === undefined ? head.split(":") : [...partsOf(head), ...partsOf(tail)];
  const last = groups.at(-1) ?? "";
  const size = groups.length + (isIpv4(last) ? 1 : 0);
  const isValid = groups.every(
    (group, i) => /^[0-9A-Fa-f]{1,4}$/.test(group) || (i === groups.length - 1 && isIpv4(group)),
  );
  return isValid && (tail === undefined ? size === 8 : size < 8);
}
