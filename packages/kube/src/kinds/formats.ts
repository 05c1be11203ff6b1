/** What is wrong with a text that should be of a format: nothing, or lines in apimachinery's words. */
export type Format = (value: string) => readonly string[];

/** Regular expressions of names, as upstream's advice shows them. */
export const label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
export const subdomain: string = `${label}(\\.${label})*`;
const qualifiedName = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const bytes = new TextEncoder();

/** Advice on a regular expression, with examples. */
function advice(text: string, regex: string, ...examples: readonly string[]): string {
  return `${text} (e.g. ${examples.map((each) => `'${each}'`).join(",  or ")}, regex used for validation is '${regex}')`;
}

export const labelAdvice: string = advice(
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  label,
  "my-name",
  "123-abc",
);
export const subdomainAdvice: string = advice(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  subdomain,
  "example.com",
);
const nameAdvice = advice(
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  qualifiedName,
  "MyName",
  "my.name",
  "123-abc",
);

/** `must be no more than N bytes` where there are more. */
function atMostBytes(value: string, limit: number): readonly string[] {
  return isLonger(value, limit) ? [`must be no more than ${limit} bytes`] : none;
}

/** The same limit in characters, as newer rules of upstream say it. */
export function atMostCharacters(value: string, limit: number): readonly string[] {
  return isLonger(value, limit) ? [`must be no more than ${limit} characters`] : none;
}

/** In bytes of UTF-8, of which no unit takes more than three. */
function isLonger(value: string, limit: number): boolean {
  return value.length > limit || (value.length * 3 > limit && bytes.encode(value).length > limit);
}

/** Asked of every name and label of every object: what is right costs no list of its own. */
const none: readonly string[] = [];

function both(first: readonly string[], second: readonly string[]): readonly string[] {
  if (first.length === 0) return second;
  return second.length === 0 ? first : [...first, ...second];
}

function matching(regex: string, otherwise: string): Format {
  const whole = new RegExp(`^${regex}$`);
  const faults = [otherwise];
  return (value) => (whole.test(value) ? none : faults);
}

const isLabel = matching(label, labelAdvice);
const isSubdomain = matching(subdomain, subdomainAdvice);

export const dns1123Label: Format = (value) => {
  const faults = isLabel(value);
  const why = faults.length > 0 && isSubdomain(value).length === 0 ? ["must not contain dots"] : faults;
  return both(atMostCharacters(value, 63), why);
};

export const dns1123Subdomain: Format = (value) => both(atMostCharacters(value, 253), isSubdomain(value));

const isWildcard = matching(
  `\\*\\.${subdomain}`,
  advice(
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
    `\\*\\.${subdomain}`,
    "*.example.com",
  ),
);

const underscoredLabel = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
const underscored = `${underscoredLabel}(\\.${underscoredLabel})*`;
const isUnderscored = matching(
  underscored,
  advice(
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
    underscored,
    "example.com",
  ),
);

/** Domains in which services are found: parts may begin with an underscore. */
export const underscoredSubdomain: Format = (value) => both(atMostCharacters(value, 253), isUnderscored(value));

export const wildcardSubdomain: Format = (value) => both(atMostCharacters(value, 253), isWildcard(value));

const isDns1035 = matching(
  "[a-z]([-a-z0-9]*[a-z0-9])?",
  advice(
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
    "[a-z]([-a-z0-9]*[a-z0-9])?",
    "my-name",
    "abc-123",
  ),
);

export const dns1035Label: Format = (value) => both(atMostCharacters(value, 63), isDns1035(value));

/** Keys of labels: names with a prefix or without. */
export const labelKey: Format = (value) => {
  const parts = value.split("/");
  if (parts.length > 2)
    return [
      `a valid label key ${nameAdvice} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  const name = parts.at(-1) as string;
  const prefix = parts.length === 2 ? (parts[0] as string) : undefined;
  const prefixFaults = prefix === "" ? ["must be non-empty"] : prefix === undefined ? [] : dns1123Subdomain(prefix);
  const nameFaults = both(name === "" ? ["must be non-empty"] : atMostBytes(name, 63), isQualifiedName(name));
  if (prefixFaults.length + nameFaults.length === 0) return none;
  return [...prefixFaults.map((each) => `prefix part ${each}`), ...nameFaults.map((each) => `name part ${each}`)];
};

/** The same of finalizers, resources and others, of which upstream speaks as of keys of labels. */
export const qualified: Format = labelKey;

const isQualifiedName = matching(qualifiedName, nameAdvice);

const isLabelValue = matching(
  `(${qualifiedName})?`,
  advice(
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
    `(${qualifiedName})?`,
    "MyValue",
    "my_value",
    "12345",
  ),
);

export const labelValue: Format = (value) => both(atMostBytes(value, 63), isLabelValue(value));

const hasPortCharacters = matching(
  "[-a-z0-9]+",
  "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
);

/** Names of container ports: IANA service names. */
export const portName: Format = (value) => [
  ...atMostCharacters(value, 15),
  ...hasPortCharacters(value),
  ...(/[a-z]/.test(value) ? [] : ["must contain at least one letter (a-z)"]),
  ...(value.includes("--") ? ["must not contain consecutive hyphens"] : []),
  ...(/^-|-$/.test(value) ? ["must not begin or end with a hyphen"] : []),
];

export const percent: Format = matching(
  "[0-9]+%",
  advice("a valid percent string must be a numeric string followed by an ending '%'", "[0-9]+%", "1%", "93%"),
);

/** Names as C has them. */
export const cIdentifier: Format = matching(
  "[A-Za-z_][A-Za-z0-9_]*",
  advice(
    "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
    "[A-Za-z_][A-Za-z0-9_]*",
    "my_name",
    "MY_NAME",
    "MyName",
  ),
);

/** Names that stand as one segment of a URL's path. */
export const pathSegment: Format = (value) => {
  if (value === "." || value === "..") return [`may not be '${value}'`];
  return ["/", "%"].filter((each) => value.includes(each)).map((each) => `may not contain '${each}'`);
};

/** Words of CEL that name nothing. */
const reserved: ReadonlySet<string> = new Set([
  ...["true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import"],
  ...["let", "loop", "package", "namespace", "return", "var", "void", "while"],
]);

/** An identifier of CEL that is not reserved. */
export function isIdentifier(name: string): boolean {
  return /^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name) && !reserved.has(name);
}
