import type { ScalarTag, Tags } from "yaml";

const tag = (name: string): string => `tag:yaml.org,2002:${name}`;

const bool: ScalarTag = {
  tag: tag("bool"),
  default: true,
  test: /^(?:y|Y|yes|Yes|YES|on|On|ON|true|True|TRUE|n|N|no|No|NO|off|Off|OFF|false|False|FALSE)$/,
  resolve: (text) => /^(?:y|on|t)/i.test(text),
};

/** With a prefix or without: a zero before digits means octal, unless they are none. Underscores may stand behind the first digit. */
const int: ScalarTag = {
  tag: tag("int"),
  default: true,
  test: /^[-+]?(?:0[xX][\da-fA-F_]*[\da-fA-F][\da-fA-F_]*|0[oO][0-7_]*[0-7][0-7_]*|0[bB][01_]*[01][01_]*|0[0-7_]*|[1-9][\d_]*)$/,
  resolve: (text) => intOf(text.replaceAll("_", "")) ?? text,
};

/** What exceeds 64 bits is a fraction where it is decimal, else a text. */
function intOf(text: string): number | undefined {
  const [, sign = "", digits = ""] = /^([-+]?)(.*)$/.exec(text) ?? [];
  const isOctal = /^0[0-7]/.test(digits);
  const value = BigInt(
    isOctal ? `0o${digits}` : digits.replace(/^0([XOB])/, (_, base: string) => `0${base.toLowerCase()}`),
  );
  const limit = sign === "-" ? 2n ** 63n : 2n ** 64n - 1n;
  if (value > limit && /^0\w/.test(digits)) return undefined;
  // Without a zero that has a sign.
  return sign === "-" ? 0 - Number(value) : Number(value);
}

const float: ScalarTag = {
  tag: tag("float"),
  default: true,
  test: /^[-+]?(?:\.\d[\d_]*|\d[\d_]*(?:\.[\d_]*)?)(?:[eE][-+]?[\d_]*\d[\d_]*)?$/,
  // What no float64 holds is a text.
  resolve: (text) => {
    const value = Number(text.replaceAll("_", ""));
    return Number.isFinite(value) ? value : text;
  },
};

/** Numbers that have no digits. */
const unbounded: ScalarTag = {
  tag: tag("float"),
  default: true,
  test: /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/,
  resolve: (text) => (/n$/i.test(text) ? Number.NaN : text.startsWith("-") ? -Infinity : Infinity),
};

const binary: ScalarTag = {
  tag: tag("binary"),
  resolve: (text, onError) => {
    try {
      return new TextDecoder().decode(Uint8Array.from(atob(text), (char) => char.charCodeAt(0)));
    } catch {
      onError("!!binary value contains invalid base64 data");
      return text;
    }
  },
};

const nothing: ScalarTag = { tag: tag("null"), default: true, test: /^(?:~|null|Null|NULL|)$/, resolve: () => null };

/** Dates are texts. */
const timestamp: ScalarTag = { tag: tag("timestamp"), resolve: (text) => text };

/** Scalars as sigs.k8s.io/yaml reads them, which kubectl and kube-apiserver use: YAML 1.1, without dates and sexagesimal numbers. */
export function goScalars(tags: Tags): Tags {
  const kept = tags.filter((each) => typeof each === "string" || !/:(?:bool|int|float|null)$/.test(each.tag));
  return [...kept, nothing, bool, int, float, unbounded, binary, timestamp];
}

const boolOfV3: ScalarTag = {
  ...bool,
  test: /^(?:true|True|TRUE|false|False|FALSE)$/,
};

/** Scalars as Go's yaml.v3 reads them where it knows no type: `yes`, `on` and the like are texts. */
export function goScalarsOfV3(tags: Tags): Tags {
  return goScalars(tags).map((each) => (each === bool ? boolOfV3 : each));
}

/** How the parser is told to read as kubectl and kube-apiserver do. It looks for a key among all before it: documents of many keys must do without. */
export const goYaml = { strict: false, uniqueKeys: true, merge: true, customTags: goScalars } as const;
