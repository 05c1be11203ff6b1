import { type DecodingStrategy, ExternalSecretError } from "./external-secret.ts";

/** A value as its strategy has it decoded; `Auto` leaves what cannot be. Throws `ExternalSecretError`. */
export function decode(value: Uint8Array, strategy: DecodingStrategy = "None"): Uint8Array {
  if (strategy === "None") return value;
  const text = Buffer.from(value).toString("latin1");
  if (strategy === "Auto") return base64(text) ?? base64Url(text) ?? value;
  const decoded = strategy === "Base64" ? base64(text) : base64Url(text);
  if (decoded === undefined) throw new ExternalSecretError(`decodingStrategy ${strategy}: the value is not encoded so`);
  return decoded;
}

/** As Go's: padded to the end, line breaks passed over. */
function base64(text: string): Uint8Array | undefined {
  return decoded(text, /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/);
}

function base64Url(text: string): Uint8Array | undefined {
  return decoded(text, /^(?:[\w-]{4})*(?:[\w-]{2}==|[\w-]{3}=)?$/);
}

function decoded(text: string, form: RegExp): Uint8Array | undefined {
  const whole = text.replace(/[\r\n]/g, "");
  return form.test(whole) ? Buffer.from(whole, "base64") : undefined;
}
