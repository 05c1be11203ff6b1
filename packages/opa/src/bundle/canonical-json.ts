/** Numbers keep the text that they were written with. */
class NumberText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/**
 * JSON as it is hashed for signatures: keys in the order of their code points, no white space, numbers as written, nothing escaped that need not be.
 * Throws `SyntaxError`. https://www.openpolicyagent.org/docs/management-bundles#signature-format
 */
export function canonicalJson(text: string): string {
  const reviver = (_key: string, value: unknown, context: { source?: string }): unknown =>
    typeof value === "number" && context.source !== undefined ? new NumberText(context.source) : value;
  return write(JSON.parse(text, reviver as (key: string, value: unknown) => unknown));
}

function write(value: unknown): string {
  if (value instanceof NumberText) return value.text;
  if (Array.isArray(value)) return `[${value.map(write).join()}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => compareCodePoints(a, b));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${write(item)}`).join()}}`;
}

/** UTF-16 order differs from that of code points only beyond the surrogates. */
function compareCodePoints(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
