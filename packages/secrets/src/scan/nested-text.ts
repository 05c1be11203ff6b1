import { gunzipSync } from "node:zlib";
import { type Document, type LineCounter, parseAllDocuments } from "yaml";

/** A text whose structure is known: documents of YAML or JSON. */
export interface NestedDocuments {
  readonly documents: readonly Document.Parsed[];
  readonly lines: LineCounter;
}

/** What compressed data may become: a Secret holds 1 MiB, and a release of Helm's some times that. */
const maxUnpacked = 16 * 1024 * 1024;

/** Shorter texts in base64 are words. */
const minBase64 = 16;

/** The text behind base64, once or twice, and gzip: as Helm keeps releases. Answers undefined where it is something else. */
export function decodedText(value: string): { readonly text: string; readonly via: readonly string[] } | undefined {
  const bytes = bytesOfBase64(value);
  if (bytes === undefined) return undefined;
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    const unpacked = unpackedOf(bytes);
    return unpacked === undefined ? undefined : { text: unpacked, via: ["base64", "gzip"] };
  }
  const text = printableOf(bytes);
  if (text === undefined) return undefined;
  const inner = /^H4sI/.test(text) ? decodedText(text) : undefined;
  return inner === undefined ? { text, via: ["base64"] } : { text: inner.text, via: ["base64", ...inner.via] };
}

function bytesOfBase64(value: string): Buffer | undefined {
  const text = value.replace(/[\r\n]/g, "");
  if (text.length < minBase64 || text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  return Buffer.from(text, "base64");
}

function unpackedOf(bytes: Buffer): string | undefined {
  try {
    return gunzipSync(bytes, { maxOutputLength: maxUnpacked }).toString();
  } catch {
    return undefined;
  }
}

/** Text, or undefined for what is none. */
export function printableOf(bytes: Buffer): string | undefined {
  const text = bytes.toString();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is these that tell bytes from text
  return /[\x00-\x08\x0e-\x1f\x7f\ufffd]/.test(text) ? undefined : text;
}

/** What a text holds by its name, as a ConfigMap's key, or by how it begins. Answers undefined for texts without structure, and for broken ones. */
export function nestedDocuments(
  text: string,
  name: string,
  parse: (text: string) => NestedDocuments,
): NestedDocuments | undefined {
  if (!isStructured(text, name)) return undefined;
  const parsed = parse(text);
  if (parsed.documents.length === 0 || parsed.documents.some(({ errors }) => errors.length > 0)) return undefined;
  const hasFields = parsed.documents.some(
    ({ contents }) => contents !== null && "items" in contents && contents.items.length > 0,
  );
  return hasFields ? parsed : undefined;
}

function isStructured(text: string, name: string): boolean {
  if (/^\s*[[{]/.test(text) && /[\]}]\s*$/.test(text)) return true;
  if (!text.includes("\n")) return false;
  if (
    /\.(?:env|properties|ini|conf|cfg|sh|bash|toml|xml|txt|md|pem|crt|key|lua|py|js|sql|tpl|hcl|cnf|rules)$/i.test(name)
  )
    return false;
  if (/\.(?:ya?ml|json)$/i.test(name)) return true;
  return /^(?:---|[A-Za-z_][\w.-]*:(?:\s|$))/.test(text.trimStart());
}

/** Without Go's ways with scalars: nobody's are known here. */
export function parsePlainYaml(text: string, lines: LineCounter): readonly Document.Parsed[] {
  const parsed = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: false, logLevel: "silent" });
  return Array.isArray(parsed) ? parsed : [];
}
