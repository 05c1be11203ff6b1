import type { KubeObject } from "./object.ts";

/** A text that must not be shown, and what is shown in its place. */
export type SecretText = readonly [text: string, shown: string];

/** Shorter ones stand in words by chance. */
const leastLength = 6;

/** The values of a Secret, in Base64 and as texts, in JSON too: what a policy's message may quote. None of another object. */
export function secretTextsOf(object: KubeObject | null | undefined): readonly SecretText[] {
  if (object?.apiVersion !== "v1" || object.kind !== "Secret") return [];
  const entries = (field: string) => Object.values((object[field] ?? {}) as { readonly [key: string]: unknown });
  const values = [
    ...entries("data").map((value) => Buffer.from(String(value), "base64")),
    ...entries("stringData").map((value) => Buffer.from(String(value))),
  ];
  const texts = values.flatMap((value): readonly SecretText[] => {
    const [plain, shown] = [value.toString(), `(${value.length} bytes)`];
    return [value.toString("base64"), plain, JSON.stringify(plain).slice(1, -1)].map((text) => [text, shown] as const);
  });
  // What the object is called is said of it anyway. A longer text may hold a shorter one.
  const { name, namespace } = object.metadata;
  const isSaid = (text: string) => text.length < leastLength || text === name || text === namespace;
  return texts.filter(([text]) => !isSaid(text)).sort(([a], [b]) => b.length - a.length);
}

/** The same JSON, without the texts in any of its strings. */
export function withoutTexts<T>(value: T, texts: readonly SecretText[]): T {
  if (texts.length === 0) return value;
  if (typeof value === "string")
    return texts.reduce((text: string, [secret, shown]) => text.replaceAll(secret, shown), value) as T;
  if (Array.isArray(value)) return value.map((each) => withoutTexts(each, texts)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withoutTexts(each, texts)])) as T;
}
